-- $1 program, $2 union code, $3 moment: the rule in force then for every union ('') and for this one. By primary key.
SELECT r.at_most_ppm, r.days FROM inviter_rule r
WHERE r.program_id = $1 AND r.union_code IN ('', $2)
  AND r.from_us = (SELECT MAX(n.from_us) FROM inviter_rule n
                   WHERE n.program_id = $1 AND n.union_code = r.union_code AND n.from_us <= $3)
LIMIT 2
