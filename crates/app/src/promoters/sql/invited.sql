-- $1 inviter's bucket, $2 inviter, $3 promoter, $4 program, $5 now.
INSERT INTO invitation (bucket, inviter_id, promoter_id, program_id, at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bucket, inviter_id, promoter_id) DO NOTHING
