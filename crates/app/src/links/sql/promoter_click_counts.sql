-- $1 bucket, $2 promoter, $3 program, $4 from, $5 to: how many click rows of each class. Index click_promoter.
SELECT class, COUNT(*) AS n FROM click
WHERE bucket = $1 AND promoter_id = $2 AND program_id = $3 AND at_us >= $4 AND at_us < $5 GROUP BY class ORDER BY class
