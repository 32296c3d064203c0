-- $1 bucket, $2 line. Primary key.
SELECT raw FROM order_raw WHERE bucket = $1 AND line_id = $2 ORDER BY modified_us DESC, fetched_us DESC LIMIT 1
