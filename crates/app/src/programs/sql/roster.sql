-- $1 program, $2 number after which the page begins, $3 rows. By primary key.
SELECT number, note, used_by_person FROM roster_entry WHERE program_id = $1 AND number > $2 ORDER BY number LIMIT $3
