-- $1 bucket, $2 share code, $3 coupon key, $4 program, $5 account, $6 url, $7 why no coupon or null, $8 now, $9 renew at,
-- $10 promoter, $11 product, $12 community, as the code says.
INSERT INTO conversion (bucket, code, coupon_key, program_id, union_account_id, url, coupon_dropped, converted_at_us, renew_at_us,
    promoter_id, product_number, community)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (bucket, code, coupon_key) DO UPDATE SET url = excluded.url, coupon_dropped = excluded.coupon_dropped,
    converted_at_us = excluded.converted_at_us, renew_at_us = excluded.renew_at_us, promoter_id = excluded.promoter_id,
    product_number = excluded.product_number, community = excluded.community
