-- $1 program (0: unassigned), $2 $3 cursor (ordered_us, id), $4 from, $5 rows; store::list puts its filters after /*and*/.
-- Indexes order_line_program, order_line_unassigned, and one for each filter but the title.
-- fan-out: an operator's list over all buckets of a program, one page; lines assigned by hand lie anywhere.
SELECT bucket, id, program_id, union_account_id, row_key, order_no, parent_no, modified_us, fetched_us, content_hash,
state, raw_status, needs_review, defects, ordered_us, finished_us, item_key, sku_key, title, quantity,
returned, unit_price_fen, estimated_base_fen, estimated_fee_fen, actual_base_fen, actual_fee_fen,
commission_rate_ppm, category1, category2, category3, tracking, position, settle_on, settled_fen, attribution,
evidence, promoter_id, inviter_id, community_id, self_purchase, plan_line_id, direct_ppm, inviter_ppm,
direct_held, inviter_held, assigned_by, first_seen_us
FROM order_line
WHERE program_id = $1 AND (ordered_us, id) < ($2, $3) AND ordered_us >= $4 /*and*/
ORDER BY ordered_us DESC, id DESC LIMIT $5
