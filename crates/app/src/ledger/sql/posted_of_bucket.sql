-- $1 bucket: what each line has in the books. Index ledger_posting_line, whole bucket.
SELECT line_id, account, owner, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen
FROM ledger_posting WHERE bucket = $1 GROUP BY line_id, account, owner
