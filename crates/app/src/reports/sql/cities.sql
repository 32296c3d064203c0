-- $1 program, $2 $3 from and to. Index city_total_program.
-- fan-out: a program's roll-up rows live in all buckets.
SELECT tier, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen
FROM city_total WHERE program_id = $1 AND day BETWEEN $2 AND $3 GROUP BY tier ORDER BY tier
