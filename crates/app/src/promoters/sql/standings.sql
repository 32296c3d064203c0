-- $1 bucket, $2 promoter, of as many as are wanted (Tx::all_of): every entry. Primary key.
WITH wanted (bucket, promoter_id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT s.promoter_id, s.from_us, s.id, s.state, s.level
FROM wanted w JOIN promoter_standing s ON s.bucket = w.bucket AND s.promoter_id = w.promoter_id
