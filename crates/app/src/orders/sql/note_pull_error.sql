-- $1 union account, $2 error. Primary key; before the first complete pull there is no row to note it on.
UPDATE order_feed SET last_error = $2 WHERE union_account_id = $1
