-- The books of a line in fewer bytes and trees, and a chain over them.

CREATE TABLE order_key_compact (
    bucket SMALLINT NOT NULL,
    union_account_id BIGINT NOT NULL,
    row_key TEXT NOT NULL,
    line_bucket SMALLINT NOT NULL,
    line_id BIGINT NOT NULL,
    PRIMARY KEY (bucket, union_account_id, row_key)
) /*lite: WITHOUT ROWID */;
INSERT INTO order_key_compact (bucket, union_account_id, row_key, line_bucket, line_id)
SELECT bucket, union_account_id, row_key, line_bucket, line_id FROM order_key;
DROP TABLE order_key;
ALTER TABLE order_key_compact RENAME TO order_key;

-- As before, without a key of its own for the union's row key: order_key has it. A line's row is too wide to do without
-- a row id.
CREATE TABLE order_line_compact (
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
    CHECK (direct_ppm >= 0 AND inviter_ppm >= 0 AND direct_ppm + inviter_ppm <= 1000000),
    CHECK (promoter_id IS NOT NULL OR inviter_id IS NULL),
    CHECK (inviter_id IS NULL OR inviter_id <> promoter_id)
);
INSERT INTO order_line_compact (bucket, id, program_id, union_account_id, row_key, order_no, parent_no, modified_us,
    fetched_us, content_hash, state, raw_status, needs_review, defects, ordered_us, finished_us, item_key, sku_key, title,
    quantity, returned, unit_price_fen, estimated_base_fen, estimated_fee_fen, actual_base_fen, actual_fee_fen,
    commission_rate_ppm, category1, category2, category3, tracking, position, settle_on, settled_fen, attribution,
    evidence, promoter_id, inviter_id, community_id, self_purchase, plan_line_id, direct_ppm, inviter_ppm, direct_held,
    inviter_held, assigned_by, first_seen_us, version)
SELECT bucket, id, program_id, union_account_id, row_key, order_no, parent_no, modified_us,
    fetched_us, content_hash, state, raw_status, needs_review, defects, ordered_us, finished_us, item_key, sku_key, title,
    quantity, returned, unit_price_fen, estimated_base_fen, estimated_fee_fen, actual_base_fen, actual_fee_fen,
    commission_rate_ppm, category1, category2, category3, tracking, position, settle_on, settled_fen, attribution,
    evidence, promoter_id, inviter_id, community_id, self_purchase, plan_line_id, direct_ppm, inviter_ppm, direct_held,
    inviter_held, assigned_by, first_seen_us, version
FROM order_line;
DROP TABLE order_line;
ALTER TABLE order_line_compact RENAME TO order_line;
-- Serve orders::list, each with its filter.
CREATE INDEX order_line_program ON order_line (program_id, ordered_us, id);
CREATE INDEX order_line_unassigned ON order_line (union_account_id, program_id, ordered_us, id) WHERE program_id = 0;
CREATE INDEX order_line_of_promoter ON order_line (promoter_id, ordered_us, id) WHERE promoter_id IS NOT NULL;
CREATE INDEX order_line_of_community ON order_line (community_id, ordered_us, id) WHERE community_id IS NOT NULL;
CREATE INDEX order_line_state ON order_line (program_id, state, ordered_us, id);
CREATE INDEX order_line_item ON order_line (program_id, item_key, ordered_us, id);
CREATE INDEX order_line_no ON order_line (program_id, order_no, ordered_us, id);
CREATE INDEX order_line_review ON order_line (program_id, ordered_us, id) WHERE needs_review = 1;
CREATE INDEX order_line_by_hand ON order_line (program_id, attribution, ordered_us, id) WHERE attribution <> 'code';
-- Serves the exceptions inbox.
CREATE INDEX order_line_stray ON order_line (union_account_id, program_id, ordered_us, state) WHERE program_id = 0 AND state IN ('pending', 'confirmed', 'unknown');

CREATE TABLE order_raw_compact (
    bucket SMALLINT NOT NULL,
    line_id BIGINT NOT NULL,
    modified_us BIGINT NOT NULL,
    fetched_us BIGINT NOT NULL,
    -- A zstd frame; before, deflate.
    raw BYTEA NOT NULL,
    PRIMARY KEY (bucket, line_id, modified_us, fetched_us)
) /*lite: WITHOUT ROWID */;
INSERT INTO order_raw_compact (bucket, line_id, modified_us, fetched_us, raw)
SELECT bucket, line_id, modified_us, fetched_us, raw FROM order_raw;
DROP TABLE order_raw;
ALTER TABLE order_raw_compact RENAME TO order_raw;

CREATE TABLE ledger_balance_compact (
    bucket SMALLINT NOT NULL,
    account TEXT NOT NULL,
    owner BIGINT NOT NULL,
    currency TEXT NOT NULL,
    balance_fen BIGINT NOT NULL,
    postings BIGINT NOT NULL,
    PRIMARY KEY (bucket, account, owner, currency)
) /*lite: WITHOUT ROWID */;
INSERT INTO ledger_balance_compact (bucket, account, owner, currency, balance_fen, postings)
SELECT bucket, account, owner, currency, balance_fen, postings FROM ledger_balance;
DROP TABLE ledger_balance;
ALTER TABLE ledger_balance_compact RENAME TO ledger_balance;
-- Serve ledger::account_page, and balances of one owner.
CREATE INDEX ledger_balance_account ON ledger_balance (account, owner);
CREATE INDEX ledger_balance_owner ON ledger_balance (owner, account);

-- The hash of its content stands in its link (below), and covers the whole row there.
CREATE TABLE ledger_transaction_compact (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    -- What it is about: an order line; n counts from 1.
    line_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    -- The month of a transaction is that of booked_us.
    booked_us BIGINT NOT NULL,
    event_us BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, line_id, n)
) /*lite: WITHOUT ROWID */;
INSERT INTO ledger_transaction_compact (bucket, id, program_id, line_id, n, booked_us, event_us, reason)
SELECT bucket, id, program_id, line_id, n, booked_us, event_us, reason FROM ledger_transaction;
DROP TABLE ledger_transaction;
ALTER TABLE ledger_transaction_compact RENAME TO ledger_transaction;
-- Serves ledger::of_program.
CREATE INDEX ledger_transaction_program ON ledger_transaction (program_id, booked_us, id);

-- The line of a posting is that of its transaction.
CREATE TABLE ledger_posting_compact (
    bucket SMALLINT NOT NULL,
    transaction_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    account TEXT NOT NULL,
    owner BIGINT NOT NULL,
    currency TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen <> 0),
    PRIMARY KEY (bucket, transaction_id, seq)
) /*lite: WITHOUT ROWID */;
INSERT INTO ledger_posting_compact (bucket, transaction_id, seq, account, owner, currency, amount_fen)
SELECT bucket, transaction_id, seq, account, owner, currency, amount_fen FROM ledger_posting;
DROP TABLE ledger_posting;
ALTER TABLE ledger_posting_compact RENAME TO ledger_posting;
-- Serves ledger::of_person: everybody's own postings, newest first.
CREATE INDEX ledger_posting_person ON ledger_posting (owner, transaction_id, seq)
    WHERE account IN ('person.waiting', 'person.confirmed', 'person.payable', 'person.held');

-- One chain per bucket, one link per batch: what was booked, and a hash over it and over the link before.
CREATE TABLE ledger_link (
    bucket SMALLINT NOT NULL,
    -- From 1, without gaps.
    n BIGINT NOT NULL,
    -- Of each transaction, in the order of ids: id (8 bytes, big-endian) and digest of the row with its legs (16 bytes).
    digests BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (bucket, n)
);

-- The newest link of each chain; whoever adds one locks it.
CREATE TABLE ledger_head (
    bucket SMALLINT NOT NULL,
    n BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (bucket)
);

CREATE TABLE earning_compact (
    bucket SMALLINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    quarter BIGINT NOT NULL,
    direct_fen BIGINT NOT NULL,
    inviter_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, promoter_id, quarter)
) /*lite: WITHOUT ROWID */;
INSERT INTO earning_compact (bucket, promoter_id, quarter, direct_fen, inviter_fen)
SELECT bucket, promoter_id, quarter, direct_fen, inviter_fen FROM earning;
DROP TABLE earning;
ALTER TABLE earning_compact RENAME TO earning;
-- Serves commission::earned.
CREATE INDEX earning_promoter ON earning (promoter_id, quarter);
