-- $1 program, $2 number. A number that somebody joined with stays. By primary key.
DELETE FROM roster_entry WHERE program_id = $1 AND number = $2 AND used_by_person IS NULL
