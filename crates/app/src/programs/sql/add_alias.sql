-- $1 former code, $2 program, $3 now. A program may take a former code of its own again. By primary key.
INSERT INTO program_alias (alias, program_id, at_us) VALUES ($1, $2, $3)
ON CONFLICT (alias) DO UPDATE SET at_us = excluded.at_us WHERE program_alias.program_id = excluded.program_id
