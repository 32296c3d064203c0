-- $1 program, $2 kind, $3 svg, $4 by, $5 now.
INSERT INTO poster_template (program_id, kind, svg, by_person, at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (program_id, kind) DO UPDATE SET svg = excluded.svg, by_person = excluded.by_person, at_us = excluded.at_us
