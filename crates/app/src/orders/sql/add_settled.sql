-- $1 bucket, $2 line, $3 fen. Primary key; the caller holds the row.
UPDATE order_line SET settled_fen = settled_fen + $3, version = version + 1 WHERE bucket = $1 AND id = $2
