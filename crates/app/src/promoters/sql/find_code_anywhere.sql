-- $1 bucket, $2 code: of whichever program. Primary key.
SELECT program_id, code, inviter_id, quota, used, expires_at_us, created_at_us FROM invite_code
WHERE bucket = $1 AND code = $2
