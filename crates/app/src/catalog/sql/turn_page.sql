-- $1 union account, $2 feed, $3 the page that was written, $4 next page, $5 its products, $6 finished at or null. Changes
-- nothing where another sync has turned that page already. Primary key.
UPDATE catalog_feed SET next_page = $4, seen = seen + $5, finished_at_us = $6, last_error = NULL
WHERE union_account_id = $1 AND feed = $2 AND next_page = $3 AND finished_at_us IS NULL
