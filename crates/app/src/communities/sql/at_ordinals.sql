-- $1 bucket, $2 promoter, $3 ordinal, of as many as are wanted (Tx::all_of). Unique key.
WITH wanted (bucket, promoter_id, ordinal) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT)) /*more*/)
SELECT c.id, c.program_id, c.promoter_id, c.person_id, c.ordinal, c.name, c.kind, c.city, c.member_count, c.state,
    c.created_at_us, c.version
FROM wanted w JOIN community c ON c.bucket = w.bucket AND c.promoter_id = w.promoter_id AND c.ordinal = w.ordinal
