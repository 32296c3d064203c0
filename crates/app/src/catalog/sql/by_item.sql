-- $1 bucket of the key, $2 union account, $3 item key. Unique key.
SELECT number, union_account_id, item_key, sku_key, title, brand, shop, self_run, category1, category2, category3,
    category_name, image_url, material_url, list_fen, promo_fen, coupon_fen, coupon_threshold_fen, coupon_link,
    coupon_from_us, coupon_until_us, final_fen, rate_ppm, commission_fen, sales_30_days, good_comments_ppm,
    delivered_by_union, in_stock, forbidden_surfaces, state, first_seen_us, seen_at_us
FROM product WHERE bucket = $1 AND union_account_id = $2 AND item_key = $3
