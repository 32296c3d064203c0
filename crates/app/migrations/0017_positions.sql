-- Positions of union accounts, and how far the slow sweep of recent weeks has come.

-- The registered website or app in which the account's links stand; NULL: chat groups and the like.
ALTER TABLE union_account ADD COLUMN site_id BIGINT;
-- With what positions are made: the account's number at the union, and a key sealed with the master key. NULL: none are.
ALTER TABLE union_account ADD COLUMN position_union_id BIGINT;
ALTER TABLE union_account ADD COLUMN position_key BYTEA;

-- Numbers that come back with orders where the share code does not. At most some thousands per account.
CREATE TABLE promoter_position (
    union_account_id BIGINT NOT NULL,
    position_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- Whose links carry it, for ever; NULL: nobody's yet.
    promoter_id BIGINT,
    made_at_us BIGINT NOT NULL,
    taken_at_us BIGINT,
    PRIMARY KEY (union_account_id, position_id)
);
-- A promoter has one position per account. Serves links::position_of and take_position.
CREATE UNIQUE INDEX promoter_position_promoter ON promoter_position (union_account_id, promoter_id);

-- The round of the sweep that is under way, or was last. One row per union account.
CREATE TABLE order_sweep (
    union_account_id BIGINT NOT NULL PRIMARY KEY,
    -- Where the round goes on; NULL when it is over.
    walk TEXT,
    begun_at_us BIGINT NOT NULL,
    -- Rounds finished; even ones walk by the time of change, odd ones by the time of order.
    rounds BIGINT NOT NULL,
    finished_at_us BIGINT
);
