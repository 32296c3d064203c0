-- $1 person, $2 program (0: all), $3 role, $4 by person, $5 now. By primary key.
INSERT INTO operator_grant (person_id, program_id, role, by_person, at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person_id, program_id)
DO UPDATE SET role = excluded.role, by_person = excluded.by_person, at_us = excluded.at_us
