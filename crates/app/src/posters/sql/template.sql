-- $1 program, $2 kind. By primary key.
SELECT svg, at_us FROM poster_template WHERE program_id = $1 AND kind = $2
