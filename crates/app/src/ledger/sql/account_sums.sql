-- $1 bucket: what each account must have by its postings. Index ledger_posting_account, whole bucket.
SELECT account, owner, CAST(SUM(amount_fen) AS BIGINT) AS balance_fen, COUNT(*) AS postings
FROM ledger_posting WHERE bucket = $1 GROUP BY account, owner ORDER BY account, owner
