-- $1 bucket, $2 person, $3 program, $4 version, $5 now. By primary key.
INSERT INTO rules_receipt (bucket, person_id, program_id, version, read_at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bucket, person_id, program_id, version) DO NOTHING
