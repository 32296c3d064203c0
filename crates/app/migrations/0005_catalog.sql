-- What is sold. Belongs to a union account. Bucket = h(union account, item key) % 64.

CREATE TABLE product (
    bucket SMALLINT NOT NULL,
    -- number % 64 = bucket, so that a share code finds its row.
    number BIGINT NOT NULL CHECK (number BETWEEN 0 AND 68719476735),
    union_account_id BIGINT NOT NULL,
    item_key TEXT NOT NULL,
    sku_key TEXT,
    title TEXT NOT NULL,
    -- Lower case, for `contains`.
    search_text TEXT NOT NULL,
    brand TEXT NOT NULL,
    shop TEXT NOT NULL,
    self_run SMALLINT NOT NULL,
    category1 BIGINT NOT NULL,
    category2 BIGINT NOT NULL,
    category3 BIGINT NOT NULL,
    category_name TEXT NOT NULL,
    image_url TEXT,
    material_url TEXT NOT NULL,
    list_fen BIGINT NOT NULL,
    promo_fen BIGINT NOT NULL,
    coupon_fen BIGINT NOT NULL,
    coupon_threshold_fen BIGINT NOT NULL,
    coupon_link TEXT,
    coupon_from_us BIGINT,
    coupon_until_us BIGINT,
    final_fen BIGINT NOT NULL,
    rate_ppm BIGINT NOT NULL,
    commission_fen BIGINT NOT NULL,
    sales_30_days BIGINT,
    good_comments_ppm BIGINT,
    delivered_by_union SMALLINT NOT NULL,
    in_stock SMALLINT,
    forbidden_surfaces TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('on_sale', 'withdrawn', 'banned')),
    first_seen_us BIGINT NOT NULL,
    -- When the union last showed it with this price: the "as of" of every card.
    seen_at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, number),
    UNIQUE (bucket, union_account_id, item_key)
);
-- Serve catalog::list in its four orders.
CREATE INDEX product_seen ON product (union_account_id, seen_at_us, number);
CREATE INDEX product_final ON product (union_account_id, final_fen, number);
CREATE INDEX product_rate ON product (union_account_id, rate_ppm, number);
CREATE INDEX product_commission ON product (union_account_id, commission_fen, number);

CREATE TABLE category (
    union_code TEXT NOT NULL,
    id BIGINT NOT NULL,
    grade BIGINT NOT NULL,
    parent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (union_code, id)
);

-- Where each sync of an account stands: one row per channel or search.
CREATE TABLE catalog_feed (
    union_account_id BIGINT NOT NULL,
    feed TEXT NOT NULL,
    next_page BIGINT NOT NULL,
    started_at_us BIGINT NOT NULL,
    finished_at_us BIGINT,
    seen BIGINT NOT NULL,
    last_error TEXT,
    PRIMARY KEY (union_account_id, feed)
);

-- Converted links, cached per share code and coupon. Bucket: the code's.
CREATE TABLE conversion (
    bucket SMALLINT NOT NULL,
    code TEXT NOT NULL,
    coupon_key TEXT NOT NULL,
    program_id BIGINT NOT NULL,
    union_account_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    coupon_dropped TEXT,
    converted_at_us BIGINT NOT NULL,
    renew_at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, code, coupon_key)
);
