-- $1 program: newest first. By primary key.
SELECT union_code, from_us, at_most_ppm, days, by_person FROM inviter_rule WHERE program_id = $1
ORDER BY from_us DESC, union_code LIMIT 1000
