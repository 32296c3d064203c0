-- The click log: a file of its own on SQLite. Append-only, kept 90 days. No raw address: a hash salted anew each day.

CREATE TABLE click (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    -- Ordinal as in the share code: 0 none, 1 own purchase.
    community BIGINT NOT NULL,
    product_number BIGINT NOT NULL,
    -- human, preview, robot, head
    class TEXT NOT NULL,
    -- redirect or page
    surface TEXT NOT NULL,
    address_hash BYTEA NOT NULL,
    agent TEXT NOT NULL,
    PRIMARY KEY (bucket, id)
);
-- Serves links::clicks and the counts per program.
CREATE INDEX click_program ON click (program_id, at_us, id);
-- Serves erasing what is older than 90 days.
CREATE INDEX click_at ON click (bucket, at_us);
