-- $1 program (0: grants for all programs). Small table, read whole.
SELECT person_id, program_id, role, by_person, at_us FROM operator_grant WHERE program_id = $1
ORDER BY at_us, person_id LIMIT 1000
