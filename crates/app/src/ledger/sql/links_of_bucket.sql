-- $1 bucket, $2 after n, $3 rows. Primary key.
SELECT n, digests, hash FROM ledger_link WHERE bucket = $1 AND n > $2 ORDER BY n LIMIT $3
