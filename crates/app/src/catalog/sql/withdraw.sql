-- $1 bucket, $2 number, $3 when it had been seen last: whoever saw it in the meantime is right. Primary key.
UPDATE product SET state = 'withdrawn' WHERE bucket = $1 AND number = $2 AND state = 'on_sale' AND seen_at_us = $3
