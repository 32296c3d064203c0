-- $1 bucket, $2 promoter, $3 ordinal, of as many as are wanted (Tx::all_of). Unique key.
WITH wanted (bucket, promoter_id, ordinal) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT)) /*more*/)
SELECT c.promoter_id, c.ordinal, c.id FROM wanted w
JOIN community c ON c.bucket = w.bucket AND c.promoter_id = w.promoter_id AND c.ordinal = w.ordinal
