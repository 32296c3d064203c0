-- $1 bucket, $2 person: one change at a time. By primary key.
SELECT id FROM person WHERE bucket = $1 AND id = $2 /*pg: FOR UPDATE */
