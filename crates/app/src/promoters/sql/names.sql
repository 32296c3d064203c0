-- $1 bucket, $2 promoter, of as many as are wanted (Tx::all_of), of any program. Primary key.
WITH wanted (bucket, id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT p.id, p.display_name FROM wanted w JOIN promoter p ON p.bucket = w.bucket AND p.id = w.id
