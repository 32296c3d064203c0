-- $1 program, $2 $3 cursor (booked_us, id), $4 rows. Index ledger_transaction_program.
-- fan-out: an operator's list over all buckets of a program, one page.
SELECT id, line_id, n, booked_us, event_us, reason FROM ledger_transaction
WHERE program_id = $1 AND (booked_us, id) < ($2, $3) ORDER BY booked_us DESC, id DESC LIMIT $4
