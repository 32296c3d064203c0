-- $1 $2 quarters from and to: human clicks by program. fan-out: the matrix operator's board, from counts.
SELECT program_id, CAST(SUM(n) AS BIGINT) AS n FROM click_quarter
WHERE quarter >= $1 AND quarter < $2 AND class = 'human' GROUP BY program_id ORDER BY program_id LIMIT 500
