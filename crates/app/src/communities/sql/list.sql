-- $1 program, $2 $3 cursor (created_us, id), $4 rows; store::list puts its filters after /*and*/. Index community_program,
-- of one promoter community_promoter. fan-out: a list over all buckets of a program; a promoter's own lie in one.
SELECT id, program_id, promoter_id, person_id, ordinal, name, kind, city, member_count, state, created_at_us, version
FROM community
WHERE program_id = $1 AND (created_at_us, id) < ($2, $3) /*and*/
ORDER BY created_at_us DESC, id DESC LIMIT $4
