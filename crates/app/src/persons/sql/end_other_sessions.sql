-- $1 bucket, $2 person, $3 the browser session that stays. API tokens stay too. By session_person.
DELETE FROM session WHERE bucket = $1 AND person_id = $2 AND id <> $3 AND kind = 'browser'
