-- $1 $2 account and owner after which the page begins, $3 last account wanted, $4 rows. Index ledger_balance_account.
-- fan-out: an account has a partial balance in each bucket that its lines live in.
SELECT account, owner, CAST(SUM(balance_fen) AS BIGINT) AS balance_fen, CAST(SUM(postings) AS BIGINT) AS postings
FROM ledger_balance WHERE (account, owner) > ($1, $2) AND account <= $3
GROUP BY account, owner ORDER BY account, owner LIMIT $4
