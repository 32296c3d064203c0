-- $1 bucket of the key, $2 union account, $3 row key: its row stays locked until the transaction ends. Primary key.
SELECT line_id FROM order_key WHERE bucket = $1 AND union_account_id = $2 AND row_key = $3 /*pg: FOR UPDATE */
