-- $1 bucket of the program, $2 program, $3 $4 from and to. By primary key.
SELECT minute AS at, CAST(SUM(CASE WHEN class = 'human' THEN n ELSE 0 END) AS BIGINT) AS human,
    CAST(SUM(CASE WHEN class = 'human' THEN 0 ELSE n END) AS BIGINT) AS others
FROM click_minute WHERE bucket = $1 AND program_id = $2 AND minute >= $3 AND minute < $4 GROUP BY minute ORDER BY minute LIMIT 2000
