-- $1 program, $2 from, $3 mode, $4 by person. No row where a change begins at that very moment already. By primary key.
INSERT INTO admission (program_id, from_us, mode, by_person) VALUES ($1, $2, $3, $4)
ON CONFLICT (program_id, from_us) DO NOTHING RETURNING from_us
