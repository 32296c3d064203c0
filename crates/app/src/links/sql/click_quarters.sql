-- $1 bucket of the program, $2 program, $3 $4 from and to. By primary key.
SELECT quarter AS at, CAST(SUM(CASE WHEN class = 'human' THEN n ELSE 0 END) AS BIGINT) AS human,
    CAST(SUM(CASE WHEN class = 'human' THEN 0 ELSE n END) AS BIGINT) AS others
FROM click_quarter WHERE bucket = $1 AND program_id = $2 AND quarter >= $3 AND quarter < $4 GROUP BY quarter ORDER BY quarter LIMIT 40000
