-- $1 bucket, $2 promoter, $3 program. Primary key.
SELECT id, program_id, person_id, number, display_name, inviter_id, joined_at_us FROM promoter WHERE bucket = $1 AND id = $2 AND program_id = $3
