-- $1 bucket, $2 line. Index ledger_posting_line. A line touches at most 11 accounts per state of its deal.
SELECT account, owner, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen
FROM ledger_posting WHERE bucket = $1 AND line_id = $2 GROUP BY account, owner LIMIT 200
