-- $1 bucket, $2 number, $3 first day, oldest first; one a day. Primary key.
SELECT day, list_fen, promo_fen, coupon_fen, final_fen, rate_ppm, commission_fen, sales_30_days FROM product_point
WHERE bucket = $1 AND number = $2 AND day >= $3 ORDER BY day LIMIT 100
