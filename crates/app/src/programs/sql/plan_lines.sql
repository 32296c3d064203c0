-- $1 program. Every line that the program ever had; rules choose among them. By plan_line_program.
SELECT id, scope, scope_value, direct_ppm, inviter_ppm, self_ppm, from_us, until_us, by_person, created_at_us
FROM plan_line WHERE program_id = $1 ORDER BY from_us, id LIMIT 1000
