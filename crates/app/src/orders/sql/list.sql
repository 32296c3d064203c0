-- $1 program (0: unassigned), $2 union account or null, $3 state or null, $4 promoter or null, $5 order number or null,
-- $6 1: only what needs review, $7 $8 cursor (ordered_us, id), $9 rows. Indexes order_line_program, order_line_unassigned.
-- fan-out: an operator's list over all buckets of a program, one page.
SELECT bucket, id, program_id, union_account_id, row_key, order_no, parent_no, modified_us, fetched_us, content_hash,
state, raw_status, needs_review, defects, ordered_us, finished_us, item_key, sku_key, title, quantity,
returned, unit_price_fen, estimated_base_fen, estimated_fee_fen, actual_base_fen, actual_fee_fen,
commission_rate_ppm, category1, category2, category3, tracking, position, settle_on, settled_fen, attribution,
evidence, promoter_id, inviter_id, community_id, self_purchase, plan_line_id, direct_ppm, inviter_ppm,
direct_held, inviter_held, assigned_by, first_seen_us
FROM order_line
WHERE program_id = $1 AND (ordered_us, id) < ($7, $8)
  AND (CAST($2 AS BIGINT) IS NULL OR union_account_id = $2)
  AND (CAST($3 AS TEXT) IS NULL OR state = $3)
  AND (CAST($4 AS BIGINT) IS NULL OR promoter_id = $4)
  AND (CAST($5 AS TEXT) IS NULL OR order_no = $5)
  AND (CAST($6 AS BIGINT) = 0 OR needs_review = 1)
ORDER BY ordered_us DESC, id DESC LIMIT $9
