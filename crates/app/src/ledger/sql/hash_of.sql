-- $1 bucket, $2 line, $3 n. Unique key.
SELECT content_hash FROM ledger_transaction WHERE bucket = $1 AND line_id = $2 AND n = $3
