-- $1 bucket, $2 community, $3 program, of as many as are wanted (Tx::all_of). Primary key.
WITH wanted (bucket, id, program_id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT)) /*more*/)
SELECT c.id, c.name FROM wanted w
JOIN community c ON c.bucket = w.bucket AND c.id = w.id AND c.program_id = w.program_id
