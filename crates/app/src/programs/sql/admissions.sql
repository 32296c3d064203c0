-- $1 program: newest first. By primary key.
SELECT from_us, mode, by_person FROM admission WHERE program_id = $1 ORDER BY from_us DESC LIMIT 200
