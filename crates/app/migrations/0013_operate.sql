-- What the operator looks at, and people who come by WeChat.

-- The official account of a program, whose pages run inside WeChat; empty where it has none.
ALTER TABLE program ADD COLUMN official_appid TEXT NOT NULL DEFAULT '';
-- Sealed with the master key; never shown again.
ALTER TABLE program ADD COLUMN official_secret BYTEA;

-- One user of one WeChat app is one person. Bucket = h(0, appid and openid) % 64, so that the pair is unique over all
-- buckets; the person may live in another.
CREATE TABLE wechat_identity (
    bucket SMALLINT NOT NULL,
    appid TEXT NOT NULL,
    openid TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, appid, openid)
);

-- Runs of the verification that somebody asked for; small.
CREATE TABLE verify_run (
    id BIGINT NOT NULL PRIMARY KEY,
    -- 1 while waiting or running, else NULL: the key lets one run at a time be under way.
    under_way SMALLINT UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    by_person BIGINT NOT NULL,
    asked_at_us BIGINT NOT NULL,
    started_at_us BIGINT,
    finished_at_us BIGINT,
    -- Buckets 0 to here have been verified.
    buckets_done BIGINT NOT NULL CHECK (buckets_done BETWEEN 0 AND 64),
    transactions BIGINT NOT NULL,
    postings BIGINT NOT NULL,
    accounts BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    findings BIGINT NOT NULL,
    error TEXT
);

-- The first findings of a run, in the order in which they were found.
CREATE TABLE verify_finding (
    run_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (run_id, n)
);

-- The inbox counts only what needs somebody: this holds nothing else (as order_line_review and conversion_dropped do).
-- The program is in it although it is always 0: else SQLite takes order_line_unassigned.
CREATE INDEX order_line_stray ON order_line (union_account_id, program_id, ordered_us, state) WHERE program_id = 0 AND state IN ('pending', 'confirmed', 'unknown');

-- Serves operations::account_page.
CREATE INDEX ledger_balance_account ON ledger_balance (account, owner);
-- Serves ledger::balances of one owner.
CREATE INDEX ledger_balance_owner ON ledger_balance (owner, account);
