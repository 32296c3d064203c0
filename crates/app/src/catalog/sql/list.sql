-- $1 union account, $2 state, $3 $4 cursor (sort value, number), $5 rows, $6 category or null, $7 $8 final price from
-- and to or null, $9 rate from or null, $10 1: only with a coupon that is not over, $11 self-run or null, $12 now,
-- $13..$18 patterns that must all be contained, or null. Indexes product_seen, product_final, product_rate,
-- product_commission.
-- fan-out: a list goes over all buckets of an account, one page.
-- This text is the order "seen last, newest first"; store::list_for puts another column after /*sort*/, and the other
-- direction after /*past*/ and /*way*/. The price is that of now: a coupon may have ended since the row was written.
SELECT number, union_account_id, item_key, sku_key, title, brand, shop, self_run, category1, category2, category3,
    category_name, image_url, material_url, list_fen, promo_fen, coupon_fen, coupon_threshold_fen, coupon_link,
    coupon_from_us, coupon_until_us, final_fen, rate_ppm, commission_fen, sales_30_days, good_comments_ppm,
    delivered_by_union, in_stock, forbidden_surfaces, state, first_seen_us, seen_at_us
FROM product
WHERE union_account_id = $1 AND state = $2 AND (/*sort*/seen_at_us, number) /*past*/< ($3, $4)
  AND (CAST($6 AS BIGINT) IS NULL OR category1 = $6 OR category2 = $6 OR category3 = $6)
  AND (CAST($7 AS BIGINT) IS NULL OR $7 <= CASE
    WHEN coupon_fen <= 0 OR promo_fen < coupon_threshold_fen OR coupon_from_us > $12 OR coupon_until_us < $12 THEN promo_fen
    WHEN coupon_fen < promo_fen THEN promo_fen - coupon_fen ELSE 0 END)
  AND (CAST($8 AS BIGINT) IS NULL OR $8 >= CASE
    WHEN coupon_fen <= 0 OR promo_fen < coupon_threshold_fen OR coupon_from_us > $12 OR coupon_until_us < $12 THEN promo_fen
    WHEN coupon_fen < promo_fen THEN promo_fen - coupon_fen ELSE 0 END)
  AND (CAST($9 AS BIGINT) IS NULL OR rate_ppm >= $9)
  AND (CAST($10 AS BIGINT) = 0 OR (coupon_fen > 0 AND (coupon_until_us IS NULL OR coupon_until_us >= $12)))
  AND (CAST($11 AS BIGINT) IS NULL OR self_run = $11)
  AND (CAST($13 AS TEXT) IS NULL OR search_text LIKE $13 ESCAPE '\')
  AND (CAST($14 AS TEXT) IS NULL OR search_text LIKE $14 ESCAPE '\')
  AND (CAST($15 AS TEXT) IS NULL OR search_text LIKE $15 ESCAPE '\')
  AND (CAST($16 AS TEXT) IS NULL OR search_text LIKE $16 ESCAPE '\')
  AND (CAST($17 AS TEXT) IS NULL OR search_text LIKE $17 ESCAPE '\')
  AND (CAST($18 AS TEXT) IS NULL OR search_text LIKE $18 ESCAPE '\')
ORDER BY /*sort*/seen_at_us /*way*/DESC, number /*way*/DESC LIMIT $5
