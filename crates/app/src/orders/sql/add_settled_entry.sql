-- $1 bucket, $2 line, $3 entry key, $4 fen, $5 now. Primary key.
INSERT INTO settled_entry (bucket, line_id, entry_key, amount_fen, booked_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bucket, line_id, entry_key) DO NOTHING
