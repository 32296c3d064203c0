-- $1 person, $2 program (0: all). By primary key.
SELECT role FROM operator_grant WHERE person_id = $1 AND program_id = $2
