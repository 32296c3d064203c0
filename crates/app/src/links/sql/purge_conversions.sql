-- $1 bucket, $2 before: links that nobody renewed. A bucket at a time, over all programs.
DELETE FROM conversion WHERE bucket = $1 AND renew_at_us < $2
