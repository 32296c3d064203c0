-- What a program's faces look like, and the rules that promoters read.
-- '#rrggbb', or empty: derived from the theme colour.
ALTER TABLE program ADD COLUMN theme_accent TEXT NOT NULL DEFAULT '';
-- A picture as a data URL, or empty.
ALTER TABLE program ADD COLUMN logo TEXT NOT NULL DEFAULT '';
-- Of the program's mini program; empty where it has none.
ALTER TABLE program ADD COLUMN wechat_appid TEXT NOT NULL DEFAULT '';
-- Sealed with the master key; never shown again.
ALTER TABLE program ADD COLUMN wechat_secret BYTEA;

-- Versions count from 1 in each program; the newest is in force. Never edited.
CREATE TABLE rules_document (
    program_id BIGINT NOT NULL REFERENCES program (id),
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    by_person BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (program_id, version)
);

-- Who has read which version.
CREATE TABLE rules_receipt (
    bucket SMALLINT NOT NULL,
    person_id BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    read_at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, person_id, program_id, version)
);

-- Serves links::list.
CREATE INDEX conversion_program ON conversion (program_id, converted_at_us, code);

-- The last seen offer of each day, for the price line of a product.
CREATE TABLE product_point (
    bucket SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    -- China's day: a catalog stands above programs.
    day BIGINT NOT NULL,
    list_fen BIGINT NOT NULL,
    promo_fen BIGINT NOT NULL,
    coupon_fen BIGINT NOT NULL,
    final_fen BIGINT NOT NULL,
    rate_ppm BIGINT NOT NULL,
    commission_fen BIGINT NOT NULL,
    sales_30_days BIGINT,
    PRIMARY KEY (bucket, number, day)
);

-- Serves promoters::all_of_person.
CREATE INDEX promoter_person ON promoter (bucket, person_id);
