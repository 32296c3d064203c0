-- $1 bucket, $2 person: their API tokens, newest first. By session_person.
SELECT id, person_id, kind, name, scopes, created_at_us, expires_at_us FROM session
WHERE bucket = $1 AND person_id = $2 AND kind = 'api' ORDER BY id DESC LIMIT 50
