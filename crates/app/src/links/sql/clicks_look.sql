-- $1 program, $2 $3 cursor (at_us, id), $4 from, $5 rows to look at: where that ends. Indexes as for clicks.
-- fan-out: an operator's list over all buckets of a program; a promoter's own lie in one.
SELECT at_us AS sort, id FROM click
WHERE program_id = $1 AND (at_us, id) < ($2, $3) AND at_us >= $4 /*and*/
ORDER BY at_us DESC, id DESC LIMIT 1 OFFSET $5
