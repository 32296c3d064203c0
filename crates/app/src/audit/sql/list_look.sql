-- $1 program (0: above programs), $2 $3 cursor (at_us, id), $4 from, $5 rows to look at: where that ends. By audit_program.
-- fan-out: the entries of a program lie in the buckets of whoever acted.
SELECT at_us AS sort, id FROM audit_entry
WHERE program_id = $1 AND (at_us, id) < ($2, $3) AND at_us >= $4 /*and*/
ORDER BY at_us DESC, id DESC LIMIT 1 OFFSET $5
