-- $1 program, $2 $3 cursor (at_us, id), $4 from, $5 rows; store::clicks puts its filters after /*and*/.
-- Indexes click_program, click_promoter, click_product.
-- fan-out: an operator's list over all buckets of a program; a promoter's own lie in one.
SELECT id, at_us, promoter_id, community, product_number, class, surface, agent FROM click
WHERE program_id = $1 AND (at_us, id) < ($2, $3) AND at_us >= $4 /*and*/
ORDER BY at_us DESC, id DESC LIMIT $5
