-- $1 program, $2 $3 $4 cursor (converted_us, code, coupon), $5 rows, newest first; store::list puts its filters after
-- /*and*/. Indexes conversion_program, conversion_promoter, conversion_product, conversion_dropped.
-- fan-out: an operator's list over all buckets of a program; a promoter's own lie in one.
SELECT code, coupon_key, promoter_id, product_number, community, coupon_dropped, converted_at_us, renew_at_us
FROM conversion
WHERE program_id = $1 AND promoter_id <> 0 AND converted_at_us <= $2
  AND (converted_at_us < $2 OR code /*pg: COLLATE "C" */ < $3 OR (code = $3 AND coupon_key /*pg: COLLATE "C" */ < $4)) /*and*/
ORDER BY converted_at_us DESC, code /*pg: COLLATE "C" */ DESC, coupon_key /*pg: COLLATE "C" */ DESC LIMIT $5
