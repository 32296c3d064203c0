-- $1 program, $2 $3 cursor (booked_us, id), $4 $5 where to stop, $6 rows to look at: where that ends.
-- Index ledger_transaction_program.
-- fan-out: an operator's list over all buckets of a program, one page.
SELECT booked_us AS sort, id FROM ledger_transaction
WHERE program_id = $1 AND (booked_us, id) < ($2, $3) AND (booked_us, id) >= ($4, $5)
ORDER BY booked_us DESC, id DESC LIMIT 1 OFFSET $6
