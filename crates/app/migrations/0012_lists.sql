-- What lists are narrowed by, and what each promoter earns a day.

-- Of the share code. 0 in rows from before: they come into the lists when they are renewed.
ALTER TABLE conversion ADD COLUMN promoter_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversion ADD COLUMN product_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversion ADD COLUMN community BIGINT NOT NULL DEFAULT 0;
-- Serve links::list: of one promoter (and community), of one product, without their coupon.
CREATE INDEX conversion_promoter ON conversion (bucket, promoter_id, converted_at_us, code);
CREATE INDEX conversion_product ON conversion (program_id, product_number, converted_at_us, code);
CREATE INDEX conversion_dropped ON conversion (program_id, converted_at_us, code) WHERE coupon_dropped IS NOT NULL;

-- Serve orders::list. Lines assigned by hand stay in the bucket of their key, so a promoter's lie in all of them.
DROP INDEX order_line_promoter;
CREATE INDEX order_line_of_promoter ON order_line (promoter_id, ordered_us, id) WHERE promoter_id IS NOT NULL;
CREATE INDEX order_line_of_community ON order_line (community_id, ordered_us, id) WHERE community_id IS NOT NULL;
CREATE INDEX order_line_state ON order_line (program_id, state, ordered_us, id);
CREATE INDEX order_line_item ON order_line (program_id, item_key, ordered_us, id);
CREATE INDEX order_line_no ON order_line (program_id, order_no, ordered_us, id);
CREATE INDEX order_line_review ON order_line (program_id, ordered_us, id) WHERE needs_review = 1;
CREATE INDEX order_line_by_hand ON order_line (program_id, attribution, ordered_us, id) WHERE attribution <> 'code';

-- Serves ledger::of_person: everybody's own postings, newest first.
CREATE INDEX ledger_posting_person ON ledger_posting (owner, transaction_id, seq)
    WHERE account IN ('person.waiting', 'person.confirmed', 'person.payable', 'person.held');

-- Shares of the fees of record, by who earns them and when the order was placed, in quarters of an hour since 1970: every
-- zone's days are made of them. Moved with the books, in the same transaction. Bucket: that of the lines.
CREATE TABLE earning (
    bucket SMALLINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    quarter BIGINT NOT NULL,
    direct_fen BIGINT NOT NULL,
    inviter_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, promoter_id, quarter)
);
-- Serves commission::earned.
CREATE INDEX earning_promoter ON earning (promoter_id, quarter);
-- Of the lines that there are; the split is docs/books.md §3.
INSERT INTO earning (bucket, promoter_id, quarter, direct_fen, inviter_fen)
SELECT bucket, promoter_id, quarter, CAST(SUM(direct_fen) AS BIGINT) AS direct_fen, CAST(SUM(inviter_fen) AS BIGINT) AS inviter_fen FROM (
    SELECT bucket, promoter_id, ordered_us / 900000000 AS quarter, 0 AS inviter_fen, direct_ppm * (
        CASE state WHEN 'pending' THEN estimated_fee_fen WHEN 'confirmed' THEN actual_fee_fen
        WHEN 'unknown' THEN settled_fen ELSE 0 END) / 1000000 AS direct_fen
    FROM order_line WHERE promoter_id IS NOT NULL
    UNION ALL
    SELECT bucket, inviter_id, ordered_us / 900000000, inviter_ppm * (
        CASE state WHEN 'pending' THEN estimated_fee_fen WHEN 'confirmed' THEN actual_fee_fen
        WHEN 'unknown' THEN settled_fen ELSE 0 END) / 1000000 AS inviter_fen, 0 AS direct_fen
    FROM order_line WHERE inviter_id IS NOT NULL
) AS shares GROUP BY bucket, promoter_id, quarter;

-- Serves catalog::purge_points.
CREATE INDEX product_point_day ON product_point (bucket, day);
