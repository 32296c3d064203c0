-- $1 bucket of the program, $2 program, $3 $4 quarters of an hour from and to: clicks of each class. By primary key.
SELECT class, CAST(SUM(n) AS BIGINT) AS n FROM click_quarter
WHERE bucket = $1 AND program_id = $2 AND quarter >= $3 AND quarter < $4 GROUP BY class ORDER BY class
