-- $1 $2 from and to, over all programs. fan-out: the matrix operator's board, from roll-ups.
SELECT minute, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen
FROM minute_total WHERE minute >= $1 AND minute < $2 GROUP BY minute ORDER BY minute LIMIT 2000
