-- $1 bucket, $2 person, $3 session or token. By session_person.
DELETE FROM session WHERE bucket = $1 AND person_id = $2 AND id = $3 RETURNING id
