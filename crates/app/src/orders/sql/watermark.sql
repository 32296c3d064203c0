-- $1 union account. Primary key.
SELECT watermark_us FROM order_feed WHERE union_account_id = $1
