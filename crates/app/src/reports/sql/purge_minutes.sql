-- $1 bucket, $2 minute: older ones go, at most 2,000 at a time. Index minute_total_old.
DELETE FROM minute_total WHERE bucket = $1 AND minute < $2 AND minute <= (
    SELECT MAX(minute) FROM (SELECT minute FROM minute_total WHERE bucket = $1 AND minute < $2 ORDER BY minute LIMIT 2000) AS oldest)
