-- Every account's balance over all owners and buckets.
-- fan-out: sums the whole table, one row per account, owner and bucket.
SELECT account, CAST(SUM(balance_fen) AS BIGINT) AS balance_fen, CAST(SUM(postings) AS BIGINT) AS postings
FROM ledger_balance GROUP BY account ORDER BY account LIMIT 100
