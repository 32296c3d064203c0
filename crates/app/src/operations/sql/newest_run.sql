-- $1 state wanted, or null for any. Small table, by primary key.
SELECT id, state, started_at_us, finished_at_us, buckets_done, transactions, postings, accounts, lines, findings, error
FROM verify_run WHERE CAST($1 AS TEXT) IS NULL OR state = $1 ORDER BY id DESC LIMIT 1
