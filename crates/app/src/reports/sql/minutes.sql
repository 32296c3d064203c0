-- $1 program, $2 $3 from and to. Index minute_total_program.
-- fan-out: a program's roll-up rows live in all buckets.
SELECT minute, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen
FROM minute_total WHERE program_id = $1 AND minute >= $2 AND minute < $3 GROUP BY minute ORDER BY minute LIMIT 2000
