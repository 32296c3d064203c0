-- $1 bucket of the name, $2 name. By primary key.
SELECT person_id FROM sign_in_name WHERE bucket = $1 AND name = $2
