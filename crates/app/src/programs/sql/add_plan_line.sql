-- $1 id, $2 program, $3 scope, $4 scope value, $5 direct ppm, $6 inviter ppm, $7 own purchase ppm, $8 from,
-- $9 until or NULL, $10 by person, $11 now.
INSERT INTO plan_line (id, program_id, scope, scope_value, direct_ppm, inviter_ppm, self_ppm, from_us, until_us,
                       by_person, created_at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
