-- $1 bucket of the name, $2 name, $3 person. No row where the name is taken. By primary key.
INSERT INTO sign_in_name (bucket, name, person_id) VALUES ($1, $2, $3)
ON CONFLICT (bucket, name) DO NOTHING RETURNING person_id
