-- $1 bucket. Primary key.
SELECT bucket, n, hash FROM ledger_head WHERE bucket = $1
