-- $1 union account: all its products, in any state. Index product_seen.
-- fan-out: one figure over all buckets.
SELECT COUNT(*) AS n FROM product WHERE union_account_id = $1
