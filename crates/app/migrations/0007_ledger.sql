-- Double entry, append-only. Amounts are signed fen, debit positive; every transaction sums to zero.

-- One partial balance per account and bucket; the account's balance is their sum.
CREATE TABLE ledger_balance (
    bucket SMALLINT NOT NULL,
    account TEXT NOT NULL,
    owner BIGINT NOT NULL,
    currency TEXT NOT NULL,
    balance_fen BIGINT NOT NULL,
    postings BIGINT NOT NULL,
    PRIMARY KEY (bucket, account, owner, currency)
);

CREATE TABLE ledger_transaction (
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
    -- Hash of the legs: the same key with other content is an error.
    content_hash BYTEA NOT NULL,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, line_id, n)
);
-- Serves ledger::transactions.
CREATE INDEX ledger_transaction_program ON ledger_transaction (program_id, booked_us, id);

CREATE TABLE ledger_posting (
    bucket SMALLINT NOT NULL,
    transaction_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    account TEXT NOT NULL,
    owner BIGINT NOT NULL,
    currency TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen <> 0),
    PRIMARY KEY (bucket, transaction_id, seq)
);
-- Serves ledger::posted: what a line has in the books.
CREATE INDEX ledger_posting_line ON ledger_posting (bucket, line_id);
-- Serves ledger::of_account.
CREATE INDEX ledger_posting_account ON ledger_posting (bucket, account, owner, transaction_id);
