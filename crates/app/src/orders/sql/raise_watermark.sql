-- $1 union account, $2 complete until, $3 now. Primary key.
INSERT INTO order_feed (union_account_id, watermark_us, pulled_at_us, last_error) VALUES ($1, $2, $3, NULL)
ON CONFLICT (union_account_id) DO UPDATE SET
    watermark_us = CASE WHEN excluded.watermark_us > order_feed.watermark_us THEN excluded.watermark_us ELSE order_feed.watermark_us END,
    pulled_at_us = excluded.pulled_at_us, last_error = NULL
