-- $1 bucket, $2 line, of as many as are wanted (Tx::all_of): every leg that each has in the books. Unique key
-- (bucket, line_id, n), then primary key of the postings; CROSS JOIN and n > 0 hold SQLite to them, where it would rather read
-- the whole bucket. A line touches at most 11 accounts per state of its deal.
WITH asked (bucket, line_id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/),
wanted AS (SELECT DISTINCT bucket, line_id FROM asked)
SELECT t.line_id, t.n, p.account, p.owner, p.amount_fen
FROM wanted w CROSS JOIN ledger_transaction t CROSS JOIN ledger_posting p
WHERE t.bucket = w.bucket AND t.line_id = w.line_id AND t.n > 0 AND p.bucket = t.bucket AND p.transaction_id = t.id
