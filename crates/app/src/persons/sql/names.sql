-- $1 bucket, $2 person, of as many as are wanted (Tx::all_of). Primary key.
WITH wanted (bucket, id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT p.id, p.display_name FROM wanted w JOIN person p ON p.bucket = w.bucket AND p.id = w.id
