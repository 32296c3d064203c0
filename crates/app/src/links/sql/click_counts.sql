-- $1 program, $2 from, $3 to: how many click rows of each class. Index click_program.
-- fan-out: an operator's figure over all buckets of a program.
SELECT class, COUNT(*) AS n FROM click WHERE program_id = $1 AND at_us >= $2 AND at_us < $3 GROUP BY class ORDER BY class
