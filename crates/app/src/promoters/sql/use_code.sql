-- $1 bucket, $2 code, $3 program, $4 now: one more joined, if the quota and the date allow. Primary key.
UPDATE invite_code SET used = used + 1
WHERE bucket = $1 AND code = $2 AND program_id = $3 AND used < quota AND expires_at_us > $4
