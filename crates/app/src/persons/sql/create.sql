-- $1 bucket, $2 id, $3 display name, $4 password hash (PHC), $5 now.
INSERT INTO person (bucket, id, display_name, password_hash, state, created_at_us, version)
VALUES ($1, $2, $3, $4, 'active', $5, 1)
