-- $1 bucket, of as many as are wanted (Tx::all_of): the newest link of its chain. Primary key.
WITH wanted (bucket) AS (VALUES (CAST($1 AS BIGINT)) /*more*/)
SELECT l.bucket, l.n, l.hash FROM wanted w JOIN ledger_link l ON l.bucket = w.bucket
WHERE l.n = (SELECT MAX(newest.n) FROM ledger_link newest WHERE newest.bucket = w.bucket)
