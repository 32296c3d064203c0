-- $1 day: sums by program (0: unassigned). fan-out: the matrix operator's board, from roll-ups.
SELECT program_id, CAST($1 AS BIGINT) AS day, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen,
    CAST(SUM(direct_fen) AS BIGINT) AS direct_fen, CAST(SUM(inviter_fen) AS BIGINT) AS inviter_fen,
    CAST(SUM(platform_fen) AS BIGINT) AS platform_fen, CAST(SUM(confirmed) AS BIGINT) AS confirmed
FROM day_total WHERE day = $1 GROUP BY program_id ORDER BY program_id LIMIT 500
