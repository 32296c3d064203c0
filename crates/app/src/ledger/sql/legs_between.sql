-- $1 bucket, $2 after transaction, $3 last transaction. Primary key.
SELECT transaction_id, account, owner, amount_fen FROM ledger_posting
WHERE bucket = $1 AND transaction_id > $2 AND transaction_id <= $3 ORDER BY transaction_id, seq
