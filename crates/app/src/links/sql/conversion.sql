-- $1 bucket, $2 share code, $3 coupon key, $4 program. Primary key.
SELECT url, coupon_dropped, renew_at_us FROM conversion WHERE bucket = $1 AND code = $2 AND coupon_key = $3 AND program_id = $4
