-- $1 bucket, $2 after id, $3 rows: what the books of each line depend on, with its newest report. Primary keys.
SELECT l.id, l.program_id, l.union_account_id, l.state, l.estimated_fee_fen, l.actual_fee_fen, l.settled_fen,
    l.promoter_id, l.inviter_id, l.direct_ppm, l.inviter_ppm, l.direct_held, l.inviter_held,
    (SELECT r.raw FROM order_raw r WHERE r.bucket = l.bucket AND r.line_id = l.id
     ORDER BY r.modified_us DESC, r.fetched_us DESC LIMIT 1) AS raw
FROM order_line l WHERE l.bucket = $1 AND l.id > $2 ORDER BY l.id LIMIT $3
