-- fan-out: what is sealed is every chain. Primary key; one row a bucket.
SELECT bucket, n, hash FROM ledger_head WHERE n > 0 ORDER BY bucket
