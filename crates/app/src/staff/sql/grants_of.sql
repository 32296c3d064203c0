-- $1 person. By primary key.
SELECT program_id, role FROM operator_grant WHERE person_id = $1 ORDER BY program_id LIMIT 500
