-- $1 bucket, $2 quarter: older ones go. By primary key.
DELETE FROM click_quarter WHERE bucket = $1 AND quarter < $2
