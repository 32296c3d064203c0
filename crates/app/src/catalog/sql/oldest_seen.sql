-- $1 union account, $2 rows: what is on sale and was not seen for the longest time. Index product_seen.
-- fan-out: an account's products lie in all buckets; a bounded piece of work.
SELECT number, union_account_id, item_key, sku_key, title, brand, shop, self_run, category1, category2, category3,
    category_name, image_url, material_url, list_fen, promo_fen, coupon_fen, coupon_threshold_fen, coupon_link,
    coupon_from_us, coupon_until_us, final_fen, rate_ppm, commission_fen, sales_30_days, good_comments_ppm,
    delivered_by_union, in_stock, forbidden_surfaces, state, first_seen_us, seen_at_us
FROM product WHERE union_account_id = $1 AND state = 'on_sale' ORDER BY seen_at_us, number LIMIT $2
