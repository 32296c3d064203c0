-- $1 program, $2 union code or '', $3 from, $4 at most, $5 days or null, $6 by person. No row where one begins at that
-- very moment already. By primary key.
INSERT INTO inviter_rule (program_id, union_code, from_us, at_most_ppm, days, by_person) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (program_id, union_code, from_us) DO NOTHING RETURNING from_us
