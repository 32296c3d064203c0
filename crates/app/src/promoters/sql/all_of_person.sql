-- $1 bucket, $2 person: at most one of each program. Index promoter_person.
SELECT id, program_id, person_id, number, display_name, inviter_id, joined_at_us FROM promoter
WHERE bucket = $1 AND person_id = $2 ORDER BY id LIMIT 200
