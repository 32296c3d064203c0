-- $1 $2 first and last bucket: all accounts with their balances in them. Primary key.
-- fan-out: the export reads everything.
SELECT account, owner, CAST(SUM(balance_fen) AS BIGINT) AS balance_fen FROM ledger_balance
WHERE bucket >= $1 AND bucket <= $2 GROUP BY account, owner ORDER BY account, owner
