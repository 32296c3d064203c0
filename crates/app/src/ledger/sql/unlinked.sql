-- $1 bucket, of as many as are wanted (Tx::all_of): those with transactions and without a chain. Primary keys.
WITH wanted (bucket) AS (VALUES (CAST($1 AS BIGINT)) /*more*/)
SELECT w.bucket FROM wanted w
WHERE EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.bucket = w.bucket)
  AND NOT EXISTS (SELECT 1 FROM ledger_link l WHERE l.bucket = w.bucket)
