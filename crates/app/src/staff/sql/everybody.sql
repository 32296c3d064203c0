-- All grants, whatever the program_id. Small table, read whole.
SELECT person_id, program_id, role, by_person, at_us FROM operator_grant ORDER BY at_us, person_id, program_id LIMIT 1000
