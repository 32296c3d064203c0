-- $1 bucket, $2 now: sessions that are over. Once a day, a bucket at a time; reads the bucket's sessions.
DELETE FROM session WHERE bucket = $1 AND expires_at_us <= $2
