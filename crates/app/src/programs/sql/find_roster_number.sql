-- $1 program, $2 number. By primary key.
SELECT number FROM roster_entry WHERE program_id = $1 AND number = $2
