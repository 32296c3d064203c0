-- $1 bucket, $2 line, then the columns of the table in their order up to $46. The key columns $4 and $5 only have to agree.
-- Primary key.
UPDATE order_line SET program_id = $3, order_no = $6, parent_no = $7, modified_us = $8, fetched_us = $9, content_hash = $10,
    state = $11, raw_status = $12, needs_review = $13, defects = $14, ordered_us = $15, finished_us = $16,
    item_key = $17, sku_key = $18, title = $19, quantity = $20, returned = $21, unit_price_fen = $22,
    estimated_base_fen = $23, estimated_fee_fen = $24, actual_base_fen = $25, actual_fee_fen = $26,
    commission_rate_ppm = $27, category1 = $28, category2 = $29, category3 = $30, tracking = $31, position =
    $32, settle_on = $33, settled_fen = $34, attribution = $35, evidence = $36, promoter_id = $37, inviter_id
    = $38, community_id = $39, self_purchase = $40, plan_line_id = $41, direct_ppm = $42, inviter_ppm = $43,
    direct_held = $44, inviter_held = $45, assigned_by = $46,
    version = version + 1
WHERE bucket = $1 AND id = $2 AND union_account_id = $4 AND row_key = $5
