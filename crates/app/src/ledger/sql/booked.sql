-- $1 bucket, $2 transaction, of as many as are wanted (Tx::all_of): those that are there. Primary key.
WITH wanted (bucket, id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT t.id FROM wanted w JOIN ledger_transaction t ON t.bucket = w.bucket AND t.id = w.id
