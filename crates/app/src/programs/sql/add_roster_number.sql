-- $1 program, $2 number, $3 note. A number that is there already keeps its note. By primary key.
INSERT INTO roster_entry (program_id, number, note, used_by_person) VALUES ($1, $2, $3, NULL)
ON CONFLICT (program_id, number) DO NOTHING
