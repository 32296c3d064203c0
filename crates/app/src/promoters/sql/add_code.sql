-- $1 bucket, $2 code, $3 program, $4 inviter or null, $5 quota, $6 expires, $7 now, $8 by person. No row where the code
-- was drawn before. Primary key.
INSERT INTO invite_code (bucket, code, program_id, inviter_id, quota, used, expires_at_us, created_at_us, by_person)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8) ON CONFLICT (bucket, code) DO NOTHING RETURNING code
