-- $1 bucket, $2 person. By primary key.
SELECT id, display_name, password_hash, state, created_at_us, version FROM person WHERE bucket = $1 AND id = $2
