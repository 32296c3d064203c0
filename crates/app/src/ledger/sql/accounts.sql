-- All accounts with their balances over all buckets, and when they were first and last used.
-- fan-out: the export reads everything.
SELECT account, owner, CAST(SUM(balance_fen) AS BIGINT) AS balance_fen FROM ledger_balance
GROUP BY account, owner ORDER BY account, owner
