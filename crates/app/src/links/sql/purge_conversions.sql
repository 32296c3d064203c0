-- $1 bucket, $2 before, $3 rows: links that nobody renewed. Primary key; a bucket at a time, over all programs.
-- What somebody renews meanwhile stays: the outer condition is looked at again.
DELETE FROM conversion WHERE bucket = $1 AND renew_at_us < $2 AND (code, coupon_key) IN (
    SELECT code, coupon_key FROM conversion WHERE bucket = $1 AND renew_at_us < $2 LIMIT $3)
