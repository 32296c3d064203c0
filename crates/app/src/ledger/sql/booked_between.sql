-- $1 bucket, $2 after id, $3 rows, $4 $5 booked from and before. Primary key.
SELECT id, line_id, booked_us, event_us, reason FROM ledger_transaction
WHERE bucket = $1 AND id > $2 AND booked_us >= $4 AND booked_us < $5 ORDER BY id LIMIT $3
