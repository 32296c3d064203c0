-- $1 key bucket, $2 union account, $3 row key. Primary key.
SELECT line_bucket, line_id FROM order_key WHERE bucket = $1 AND union_account_id = $2 AND row_key = $3
