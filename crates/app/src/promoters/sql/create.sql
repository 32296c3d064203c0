-- $1 bucket, $2 id, $3 program, $4 person, $5 number, $6 name, $7 inviter or null, $8 invite code or null, $9 now.
INSERT INTO promoter (bucket, id, program_id, person_id, number, display_name, inviter_id, invite_code, joined_at_us, next_community, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 2, 1)
ON CONFLICT (bucket, program_id, person_id) DO NOTHING
