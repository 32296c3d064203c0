-- $1 bucket, $2 line. Unique key (bucket, line_id, n).
SELECT id, line_id, n, booked_us, event_us, reason FROM ledger_transaction
WHERE bucket = $1 AND line_id = $2 ORDER BY n LIMIT 1000
