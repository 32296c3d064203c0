-- $1 program, $2 $3 from and to. Index promoter_total_program.
-- fan-out: a program's roll-up rows live in all buckets.
SELECT promoter_id,
    CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen
FROM promoter_total WHERE program_id = $1 AND day BETWEEN $2 AND $3 GROUP BY promoter_id
ORDER BY gmv_fen DESC, promoter_id LIMIT 10
