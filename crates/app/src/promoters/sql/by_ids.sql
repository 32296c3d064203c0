-- $1 bucket, $2 promoter, of as many as are wanted (Tx::all_of). Primary key.
WITH wanted (bucket, id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT p.id, p.program_id, p.person_id, p.number, p.display_name, p.inviter_id, p.joined_at_us
FROM wanted w JOIN promoter p ON p.bucket = w.bucket AND p.id = w.id
