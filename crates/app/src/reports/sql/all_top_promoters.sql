-- $1 $2 from and to, over all programs. fan-out: the matrix operator's board, from roll-ups.
SELECT promoter_id,
    CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen
FROM promoter_total WHERE day BETWEEN $1 AND $2 GROUP BY promoter_id
ORDER BY gmv_fen DESC, promoter_id LIMIT 10
