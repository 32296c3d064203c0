-- $1 $2 from and to, over all programs. fan-out: the matrix operator's board, from roll-ups.
SELECT tier, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen
FROM city_total WHERE day BETWEEN $1 AND $2 GROUP BY tier ORDER BY tier
