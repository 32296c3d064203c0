-- $1 bucket, $2 line, $3 n: legs of one transaction. Unique key (bucket, line_id, n), primary key of the postings.
SELECT p.account, p.owner, p.amount_fen FROM ledger_transaction t
JOIN ledger_posting p ON p.bucket = t.bucket AND p.transaction_id = t.id
WHERE t.bucket = $1 AND t.line_id = $2 AND t.n = $3 ORDER BY p.seq
