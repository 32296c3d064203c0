-- $1 bucket, $2 program, $3 person. Unique key of promoter; read only.
SELECT id FROM promoter WHERE bucket = $1 AND program_id = $2 AND person_id = $3
