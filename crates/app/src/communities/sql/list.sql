-- $1 program, $2 promoter or null, $3 state or null (all but closed), $4 city or null, $5 $6 cursor (created_us, id), $7 rows.
-- Index community_program. fan-out: a list over all buckets of a program; a promoter's own lie in one.
SELECT id, program_id, promoter_id, person_id, ordinal, name, kind, city, member_count, state, created_at_us, version
FROM community
WHERE program_id = $1 AND (created_at_us, id) < ($5, $6)
  AND (CAST($2 AS BIGINT) IS NULL OR promoter_id = $2)
  AND (CASE WHEN CAST($3 AS TEXT) IS NULL THEN state <> 'closed' ELSE state = $3 END)
  AND (CAST($4 AS TEXT) IS NULL OR city = $4)
ORDER BY created_at_us DESC, id DESC LIMIT $7
