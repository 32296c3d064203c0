-- $1 bucket, $2 line, $3 modified, $4 fetched, of as many as are wanted (Tx::all_of): the same content seen again later.
-- Primary key.
WITH seen (bucket, id, modified_us, fetched_us) AS (
    VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT)) /*more*/
)
UPDATE order_line SET modified_us = seen.modified_us, fetched_us = seen.fetched_us FROM seen
WHERE order_line.bucket = seen.bucket AND order_line.id = seen.id
