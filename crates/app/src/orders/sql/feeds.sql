-- How the pulls of every account are going. Small table, read whole.
SELECT union_account_id, watermark_us, pulled_at_us, last_error FROM order_feed ORDER BY union_account_id LIMIT 200
