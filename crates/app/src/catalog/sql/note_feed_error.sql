-- $1 union account, $2 feed, $3 what went wrong. Primary key.
UPDATE catalog_feed SET last_error = $3 WHERE union_account_id = $1 AND feed = $2
