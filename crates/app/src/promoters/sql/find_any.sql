-- $1 bucket, $2 promoter. Primary key. For the books, which stand above programs: no program_id.
SELECT id, program_id, person_id, number, display_name, inviter_id, joined_at_us FROM promoter WHERE bucket = $1 AND id = $2
