-- $1 bucket. Primary key, whole bucket.
SELECT line_id, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen FROM settled_entry WHERE bucket = $1 GROUP BY line_id
