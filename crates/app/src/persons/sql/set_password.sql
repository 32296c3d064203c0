-- $1 bucket, $2 person, $3 new hash, $4 hash that was checked. No row where it has changed since. By primary key.
UPDATE person SET password_hash = $3, version = version + 1
WHERE bucket = $1 AND id = $2 AND password_hash = $4 RETURNING id
