-- $1 bucket, $2 person, $3 now. By session_person.
DELETE FROM session WHERE bucket = $1 AND person_id = $2 AND expires_at_us <= $3
