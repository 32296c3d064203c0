-- $1 program, $2 class or null, $3 promoter or null, $4 from, $5 to, $6 $7 cursor (at_us, id), $8 rows. Index click_program.
-- fan-out: an operator's list over all buckets of a program.
SELECT id, at_us, promoter_id, community, product_number, class, surface, agent FROM click
WHERE program_id = $1 AND (at_us, id) < ($6, $7) AND at_us >= $4 AND at_us < $5
  AND (CAST($2 AS TEXT) IS NULL OR class = $2)
  AND (CAST($3 AS BIGINT) IS NULL OR promoter_id = $3)
ORDER BY at_us DESC, id DESC LIMIT $8
