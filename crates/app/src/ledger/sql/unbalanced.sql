-- $1 bucket: transactions whose legs do not sum to zero. Primary key, whole bucket.
SELECT transaction_id, CAST(SUM(amount_fen) AS BIGINT) AS sum_fen FROM ledger_posting
WHERE bucket = $1 GROUP BY transaction_id HAVING SUM(amount_fen) <> 0 ORDER BY transaction_id LIMIT 100
