-- $1 bucket, $2 transaction, of as many as are wanted (Tx::all_of). Primary key.
WITH wanted (bucket, transaction_id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT p.transaction_id, p.seq, p.account, p.owner, p.amount_fen
FROM wanted w JOIN ledger_posting p ON p.bucket = w.bucket AND p.transaction_id = w.transaction_id
