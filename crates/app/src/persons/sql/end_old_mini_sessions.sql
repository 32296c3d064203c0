-- $1 bucket, $2 person, $3 how many stay: a telephone signs in at every start. By session_person.
DELETE FROM session WHERE bucket = $1 AND person_id = $2 AND kind = 'api' AND name = 'mini program' AND id NOT IN (
    SELECT id FROM session WHERE bucket = $1 AND person_id = $2 AND kind = 'api' AND name = 'mini program'
    ORDER BY id DESC LIMIT $3)
