-- $1 bucket, $2 moment: what each account had by what was booked before it. Primary keys, whole bucket.
SELECT p.account, p.owner, CAST(SUM(p.amount_fen) AS BIGINT) AS balance_fen
FROM ledger_transaction t JOIN ledger_posting p ON p.bucket = t.bucket AND p.transaction_id = t.id
WHERE t.bucket = $1 AND t.booked_us < $2 GROUP BY p.account, p.owner
