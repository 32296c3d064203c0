-- $1 bucket, $2 promoter, $3 ordinal. Unique key.
SELECT id, program_id, promoter_id, person_id, ordinal, name, kind, city, member_count, state, created_at_us, version
FROM community WHERE bucket = $1 AND promoter_id = $2 AND ordinal = $3
