-- $1 program. By plan_line_program.
SELECT COUNT(*) AS n FROM plan_line WHERE program_id = $1
