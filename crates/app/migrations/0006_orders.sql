-- Order lines as the union reports them, and who they belong to.

-- The one home of a line, written first and never changed. Bucket = h(union account, row key) % 64.
CREATE TABLE order_key (
    bucket SMALLINT NOT NULL,
    union_account_id BIGINT NOT NULL,
    row_key TEXT NOT NULL,
    line_bucket SMALLINT NOT NULL,
    line_id BIGINT NOT NULL,
    PRIMARY KEY (bucket, union_account_id, row_key)
);

-- Latest report of each line, its attribution and its frozen deal. Bucket: order_key.line_bucket.
CREATE TABLE order_line (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    -- 0: no program can claim it.
    program_id BIGINT NOT NULL,
    union_account_id BIGINT NOT NULL,
    row_key TEXT NOT NULL,
    order_no TEXT NOT NULL,
    parent_no TEXT,
    -- Version of the report: modified by the union, fetched by us, and what it said.
    modified_us BIGINT NOT NULL,
    fetched_us BIGINT NOT NULL,
    content_hash BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('expected', 'pending', 'confirmed', 'superseded', 'invalid', 'unknown')),
    raw_status TEXT NOT NULL,
    needs_review SMALLINT NOT NULL,
    defects TEXT NOT NULL,
    ordered_us BIGINT NOT NULL,
    finished_us BIGINT,
    item_key TEXT NOT NULL,
    sku_key TEXT,
    title TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    unit_price_fen BIGINT NOT NULL,
    estimated_base_fen BIGINT NOT NULL,
    estimated_fee_fen BIGINT NOT NULL,
    actual_base_fen BIGINT NOT NULL,
    actual_fee_fen BIGINT NOT NULL,
    commission_rate_ppm BIGINT,
    category1 BIGINT NOT NULL,
    category2 BIGINT NOT NULL,
    category3 BIGINT NOT NULL,
    tracking TEXT NOT NULL,
    position TEXT NOT NULL,
    settle_on TEXT NOT NULL,
    -- S: the part settled in closed months.
    settled_fen BIGINT NOT NULL,
    -- Attribution: how it was decided, and the evidence as JSON.
    attribution TEXT NOT NULL,
    evidence TEXT NOT NULL,
    promoter_id BIGINT,
    inviter_id BIGINT,
    community_id BIGINT,
    self_purchase SMALLINT NOT NULL,
    -- The deal frozen at order time.
    plan_line_id BIGINT,
    direct_ppm BIGINT NOT NULL,
    inviter_ppm BIGINT NOT NULL,
    direct_held SMALLINT NOT NULL,
    inviter_held SMALLINT NOT NULL,
    assigned_by BIGINT,
    first_seen_us BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, union_account_id, row_key),
    CHECK (direct_ppm >= 0 AND inviter_ppm >= 0 AND direct_ppm + inviter_ppm <= 1000000),
    CHECK (promoter_id IS NOT NULL OR inviter_id IS NULL),
    CHECK (inviter_id IS NULL OR inviter_id <> promoter_id)
);
-- Serves orders::list.
CREATE INDEX order_line_program ON order_line (program_id, ordered_us, id);
-- Serves the unassigned inbox of a union account.
CREATE INDEX order_line_unassigned ON order_line (union_account_id, program_id, ordered_us, id);
-- Serves orders of one promoter.
CREATE INDEX order_line_promoter ON order_line (bucket, promoter_id, ordered_us, id);

-- Every accepted report as it came, deflated.
CREATE TABLE order_raw (
    bucket SMALLINT NOT NULL,
    line_id BIGINT NOT NULL,
    modified_us BIGINT NOT NULL,
    fetched_us BIGINT NOT NULL,
    raw BYTEA NOT NULL,
    PRIMARY KEY (bucket, line_id, modified_us, fetched_us)
);

-- Entries of closed months that settled a part of a line; S is their sum. Entry key: the statement's own.
CREATE TABLE settled_entry (
    bucket SMALLINT NOT NULL,
    line_id BIGINT NOT NULL,
    entry_key TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    booked_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, line_id, entry_key)
);

-- How far each account's orders have been pulled completely.
CREATE TABLE order_feed (
    union_account_id BIGINT NOT NULL PRIMARY KEY,
    watermark_us BIGINT NOT NULL,
    pulled_at_us BIGINT,
    last_error TEXT
);
