-- $1 owner: union account, promoter or program. Sums the partial balances, one per bucket.
-- fan-out: an account has a partial balance in each bucket that its lines live in.
SELECT account, owner, CAST(SUM(balance_fen) AS BIGINT) AS balance_fen, CAST(SUM(postings) AS BIGINT) AS postings
FROM ledger_balance WHERE owner = $1 GROUP BY account, owner ORDER BY account LIMIT 100
