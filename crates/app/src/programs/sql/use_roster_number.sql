-- $1 program, $2 number, $3 person: takes the number if nobody has. By primary key.
UPDATE roster_entry SET used_by_person = $3 WHERE program_id = $1 AND number = $2 AND used_by_person IS NULL
