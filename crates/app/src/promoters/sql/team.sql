-- $1 inviter's bucket, $2 inviter, $3 program, $4 since: heads only. Primary key.
SELECT COUNT(*) AS heads, CAST(COALESCE(SUM(CASE WHEN at_us >= $4 THEN 1 ELSE 0 END), 0) AS BIGINT) AS recent
FROM invitation WHERE bucket = $1 AND inviter_id = $2 AND program_id = $3
