-- $1 bucket, $2 line, $3 modified, $4 fetched: the same content seen again later. Primary key.
UPDATE order_line SET modified_us = $3, fetched_us = $4 WHERE bucket = $1 AND id = $2
