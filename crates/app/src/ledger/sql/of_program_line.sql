-- $1 bucket, $2 order line, $3 program. Unique key (bucket, line_id, n).
SELECT id, line_id, n, booked_us, event_us, reason FROM ledger_transaction
WHERE bucket = $1 AND line_id = $2 AND program_id = $3 ORDER BY n DESC LIMIT 1000
