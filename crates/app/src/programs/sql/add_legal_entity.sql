-- $1 id, $2 name, $3 registration, $4 now. No row where the name is taken. By unique key.
INSERT INTO legal_entity (id, name, registration, created_at_us) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO NOTHING RETURNING id
