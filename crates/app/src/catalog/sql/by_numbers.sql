-- $1 bucket, $2 number, of as many as are wanted (Tx::all_of). Primary key.
WITH wanted (bucket, number) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT p.number, p.union_account_id, p.item_key, p.sku_key, p.title, p.brand, p.shop, p.self_run, p.category1, p.category2, p.category3,
    p.category_name, p.image_url, p.material_url, p.list_fen, p.promo_fen, p.coupon_fen, p.coupon_threshold_fen, p.coupon_link,
    p.coupon_from_us, p.coupon_until_us, p.final_fen, p.rate_ppm, p.commission_fen, p.sales_30_days, p.good_comments_ppm,
    p.delivered_by_union, p.in_stock, p.forbidden_surfaces, p.state, p.first_seen_us, p.seen_at_us
FROM wanted w JOIN product p ON p.bucket = w.bucket AND p.number = w.number
