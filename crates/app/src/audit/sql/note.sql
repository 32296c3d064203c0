-- $1 bucket, $2 id, $3 now, $4 program (0: above programs), $5 person, $6 action, $7 subject, $8 detail (JSON).
INSERT INTO audit_entry (bucket, id, at_us, program_id, person_id, action, subject, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
