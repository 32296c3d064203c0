-- $1 bucket, $2 promoter, $3 now: why the standing is what it is. Primary key.
SELECT reason FROM promoter_standing WHERE bucket = $1 AND promoter_id = $2 AND from_us <= $3
ORDER BY from_us DESC, id DESC LIMIT 1
