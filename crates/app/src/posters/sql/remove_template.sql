-- $1 program, $2 kind.
DELETE FROM poster_template WHERE program_id = $1 AND kind = $2
