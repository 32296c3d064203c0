-- $1 $2 from and to, over all programs. fan-out: the matrix operator's board, from counts.
SELECT minute AS at, CAST(SUM(CASE WHEN class = 'human' THEN n ELSE 0 END) AS BIGINT) AS human,
    CAST(SUM(CASE WHEN class = 'human' THEN 0 ELSE n END) AS BIGINT) AS others
FROM click_minute WHERE minute >= $1 AND minute < $2 GROUP BY minute ORDER BY minute LIMIT 2000
