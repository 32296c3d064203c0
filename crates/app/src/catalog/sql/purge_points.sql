-- $1 bucket, $2 day: older ones go, $3 rows at the most. Index product_point_day.
DELETE FROM product_point WHERE bucket = $1 AND (number, day) IN (
    SELECT number, day FROM product_point WHERE bucket = $1 AND day < $2 ORDER BY day LIMIT $3)
