-- $1 bucket, $2 program, $3 person. Unique key.
SELECT id, program_id, person_id, number, display_name, inviter_id, joined_at_us FROM promoter WHERE bucket = $1 AND program_id = $2 AND person_id = $3
