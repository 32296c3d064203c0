-- $1 bucket, $2 minute: older ones go. By primary key.
DELETE FROM click_minute WHERE bucket = $1 AND minute < $2
