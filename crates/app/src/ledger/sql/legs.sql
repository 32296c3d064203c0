-- $1 bucket, $2 transaction. Primary key.
SELECT account, owner, amount_fen FROM ledger_posting WHERE bucket = $1 AND transaction_id = $2 ORDER BY seq LIMIT 100
