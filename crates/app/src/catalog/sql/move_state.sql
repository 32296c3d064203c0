-- $1 bucket, $2 number, $3 the state it had, $4 the state it gets. Primary key.
UPDATE product SET state = $4 WHERE bucket = $1 AND number = $2 AND state = $3
