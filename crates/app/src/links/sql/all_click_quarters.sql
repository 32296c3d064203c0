-- $1 $2 from and to, over all programs. fan-out: the matrix operator's board, from counts.
SELECT quarter AS at, CAST(SUM(CASE WHEN class = 'human' THEN n ELSE 0 END) AS BIGINT) AS human,
    CAST(SUM(CASE WHEN class = 'human' THEN 0 ELSE n END) AS BIGINT) AS others
FROM click_quarter WHERE quarter >= $1 AND quarter < $2 GROUP BY quarter ORDER BY quarter LIMIT 40000
