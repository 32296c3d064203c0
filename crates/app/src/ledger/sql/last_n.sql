-- $1 bucket, $2 line. Unique key (bucket, line_id, n).
SELECT n FROM ledger_transaction WHERE bucket = $1 AND line_id = $2 ORDER BY n DESC LIMIT 1
