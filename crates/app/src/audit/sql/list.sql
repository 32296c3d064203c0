-- $1 program (0: above programs), $2 and $3 time and id of the last row seen, $4 action or '', $5 person or 0, $6 rows.
-- Newest first, by audit_program.
-- fan-out: the entries of a program lie in the buckets of whoever acted.
SELECT id, at_us, program_id, person_id, action, subject, detail FROM audit_entry
WHERE program_id = $1 AND (at_us, id) < ($2, $3)
  AND ($4 = '' OR action = $4) AND (CAST($5 AS BIGINT) = 0 OR person_id = $5)
ORDER BY at_us DESC, id DESC LIMIT $6
