-- $1 bucket: postings without their transaction, and transactions without postings. Primary keys.
SELECT p.transaction_id AS id FROM ledger_posting p
LEFT JOIN ledger_transaction t ON t.bucket = p.bucket AND t.id = p.transaction_id AND t.line_id = p.line_id
WHERE p.bucket = $1 AND t.id IS NULL
UNION
SELECT t.id FROM ledger_transaction t
LEFT JOIN ledger_posting p ON p.bucket = t.bucket AND p.transaction_id = t.id
WHERE t.bucket = $1 AND p.transaction_id IS NULL
LIMIT 100
