-- $1 program, $2 inviter or null (all), $3 $4 cursor (created_us, code), $5 rows, newest first. Index invite_code_program.
-- fan-out: an operator's list over all buckets of a program.
SELECT code, inviter_id, quota, used, expires_at_us, created_at_us FROM invite_code
WHERE program_id = $1 AND (CAST($2 AS BIGINT) IS NULL OR inviter_id = $2)
  AND created_at_us <= $3 AND (created_at_us < $3 OR code /*pg: COLLATE "C" */ < $4)
ORDER BY created_at_us DESC, code /*pg: COLLATE "C" */ DESC LIMIT $5
