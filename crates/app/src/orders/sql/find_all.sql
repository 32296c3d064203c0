-- $1 bucket, $2 line, of as many as are wanted (Tx::all_of). Primary key.
WITH wanted (bucket, id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT l.bucket, l.id, l.program_id, l.union_account_id, l.row_key, l.order_no, l.parent_no, l.modified_us, l.fetched_us, l.content_hash,
l.state, l.raw_status, l.needs_review, l.defects, l.ordered_us, l.finished_us, l.item_key, l.sku_key, l.title, l.quantity,
l.returned, l.unit_price_fen, l.estimated_base_fen, l.estimated_fee_fen, l.actual_base_fen, l.actual_fee_fen,
l.commission_rate_ppm, l.category1, l.category2, l.category3, l.tracking, l.position, l.settle_on, l.settled_fen, l.attribution,
l.evidence, l.promoter_id, l.inviter_id, l.community_id, l.self_purchase, l.plan_line_id, l.direct_ppm, l.inviter_ppm,
l.direct_held, l.inviter_held, l.assigned_by, l.first_seen_us
FROM wanted w JOIN order_line l ON l.bucket = w.bucket AND l.id = w.id
