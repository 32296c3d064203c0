-- $1 program, $2 moment: the mode in force then. By primary key.
SELECT mode FROM admission WHERE program_id = $1 AND from_us <= $2 ORDER BY from_us DESC LIMIT 1
