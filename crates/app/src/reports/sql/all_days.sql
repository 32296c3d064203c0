-- $1 first day, $2 last day: sums over programs. fan-out: the matrix operator's own figures, from roll-ups.
SELECT day, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen,
    CAST(SUM(direct_fen) AS BIGINT) AS direct_fen, CAST(SUM(inviter_fen) AS BIGINT) AS inviter_fen,
    CAST(SUM(platform_fen) AS BIGINT) AS platform_fen,
    CAST(SUM(confirmed) AS BIGINT) AS confirmed
FROM day_total WHERE day BETWEEN $1 AND $2 GROUP BY day ORDER BY day
