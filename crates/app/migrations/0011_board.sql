-- Roll-ups that the board reads. Each is moved by the same facts as day_total, in the same transactions.
ALTER TABLE day_total ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 0;

-- Kept for two days.
CREATE TABLE minute_total (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    -- Minutes since 1970.
    minute BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    gmv_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, minute)
);
CREATE INDEX minute_total_program ON minute_total (program_id, minute);
CREATE INDEX minute_total_old ON minute_total (bucket, minute);
CREATE INDEX minute_total_time ON minute_total (minute);

CREATE TABLE product_total (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    union_account_id BIGINT NOT NULL,
    item_key TEXT NOT NULL,
    title TEXT NOT NULL,
    lines BIGINT NOT NULL,
    gmv_fen BIGINT NOT NULL,
    fee_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, day, union_account_id, item_key)
);
CREATE INDEX product_total_program ON product_total (program_id, day);
CREATE INDEX product_total_day ON product_total (day);

CREATE TABLE promoter_total (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    gmv_fen BIGINT NOT NULL,
    fee_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, day, promoter_id)
);
CREATE INDEX promoter_total_program ON promoter_total (program_id, day);
CREATE INDEX promoter_total_day ON promoter_total (day);

-- By the city of the community whose link was opened.
CREATE TABLE city_total (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('upper', 'lower', 'unknown')),
    lines BIGINT NOT NULL,
    gmv_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, day, tier)
);
CREATE INDEX city_total_program ON city_total (program_id, day);

-- How large a program is: counted now and then, never while somebody waits for a page.
CREATE TABLE program_size (
    program_id BIGINT NOT NULL PRIMARY KEY,
    promoters BIGINT NOT NULL,
    communities BIGINT NOT NULL,
    reach BIGINT NOT NULL,
    counted_at_us BIGINT NOT NULL
);
