-- $1 bucket, $2 line, $3 entry key. Primary key.
SELECT amount_fen FROM settled_entry WHERE bucket = $1 AND line_id = $2 AND entry_key = $3
