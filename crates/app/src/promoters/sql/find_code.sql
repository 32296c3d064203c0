-- $1 bucket, $2 code, $3 program. Primary key.
SELECT code, inviter_id, quota, used, expires_at_us, created_at_us FROM invite_code
WHERE bucket = $1 AND code = $2 AND program_id = $3
