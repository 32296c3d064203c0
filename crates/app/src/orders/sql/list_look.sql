-- $1 program (0: unassigned), $2 $3 cursor (ordered_us, id), $4 from, $5 rows to look at: where that ends. Indexes as for list.
-- fan-out: an operator's list over all buckets of a program, one page; lines assigned by hand lie anywhere.
SELECT ordered_us AS sort, id FROM order_line
WHERE program_id = $1 AND (ordered_us, id) < ($2, $3) AND ordered_us >= $4 /*and*/
ORDER BY ordered_us DESC, id DESC LIMIT 1 OFFSET $5
