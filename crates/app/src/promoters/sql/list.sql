-- $1 program, $2 now, $3 state or null, $4 inviter or null, $5 LIKE pattern or null (its latin
-- letters in lower case: LIKE itself disregards case on one engine only), $6 $7 cursor (joined_us, id), $8 rows,
-- $9 level or null, $10 joined from.
-- Index promoter_program; the standing by its primary key. fan-out: an operator's list over all buckets of a program.
SELECT id, program_id, person_id, number, display_name, inviter_id, joined_at_us, state, level FROM (
    SELECT p.id, p.program_id, p.person_id, p.number, p.display_name, p.inviter_id, p.joined_at_us,
        COALESCE((SELECT s.state FROM promoter_standing s WHERE s.bucket = p.bucket AND s.promoter_id = p.id
                  AND s.from_us <= $2 ORDER BY s.from_us DESC, s.id DESC LIMIT 1), 'active') AS state,
        COALESCE((SELECT s.level FROM promoter_standing s WHERE s.bucket = p.bucket AND s.promoter_id = p.id
                  AND s.from_us <= $2 ORDER BY s.from_us DESC, s.id DESC LIMIT 1), 0) AS level
    FROM promoter p
    WHERE p.program_id = $1 AND (p.joined_at_us, p.id) < ($6, $7) AND p.joined_at_us >= $10
      AND (CAST($4 AS BIGINT) IS NULL OR p.inviter_id = $4)
      AND (CAST($5 AS TEXT) IS NULL OR LOWER(p.display_name /*pg: COLLATE "C" */) LIKE $5 ESCAPE '!')
) AS listed
WHERE (CAST($3 AS TEXT) IS NULL OR state = $3) AND (CAST($9 AS BIGINT) IS NULL OR level = $9)
ORDER BY joined_at_us DESC, id DESC LIMIT $8
