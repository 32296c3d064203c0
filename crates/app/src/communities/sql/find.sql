-- $1 bucket, $2 community, $3 program. Primary key.
SELECT id, program_id, promoter_id, person_id, ordinal, name, kind, city, member_count, state, created_at_us, version
FROM community WHERE bucket = $1 AND id = $2 AND program_id = $3
