-- $1 union account, $2 rows: its feeds, the one begun last first. Primary key, a small table.
SELECT feed, next_page, started_at_us, finished_at_us, seen, last_error FROM catalog_feed
WHERE union_account_id = $1 ORDER BY started_at_us DESC, feed LIMIT $2
