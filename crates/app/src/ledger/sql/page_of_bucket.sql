-- $1 bucket, $2 after id, $3 rows. Primary key.
SELECT id, program_id, line_id, n, booked_us, event_us, reason FROM ledger_transaction
WHERE bucket = $1 AND id > $2 ORDER BY id LIMIT $3
