-- $1 bucket, $2 number of a share code. Unique key (bucket, number); the code says no program.
SELECT id, program_id, person_id, number, display_name, inviter_id, joined_at_us FROM promoter WHERE bucket = $1 AND number = $2
