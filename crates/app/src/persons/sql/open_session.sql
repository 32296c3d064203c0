-- $1 bucket, $2 token hash, $3 id, $4 person, $5 kind, $6 name, $7 scopes (space-separated), $8 now, $9 end.
INSERT INTO session (bucket, token_hash, id, person_id, kind, name, scopes, created_at_us, expires_at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
