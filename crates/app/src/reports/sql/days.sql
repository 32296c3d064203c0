-- $1 program, $2 $3 first and last day. Index day_total_program.
-- fan-out: a program's lines live in all buckets; at most 64 rows a day.
SELECT day, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen,
    CAST(SUM(direct_fen) AS BIGINT) AS direct_fen, CAST(SUM(inviter_fen) AS BIGINT) AS inviter_fen,
    CAST(SUM(platform_fen) AS BIGINT) AS platform_fen,
    CAST(SUM(confirmed) AS BIGINT) AS confirmed
FROM day_total WHERE program_id = $1 AND day >= $2 AND day <= $3 GROUP BY day ORDER BY day LIMIT 400
