-- Programs, what they may do, and the union accounts and legal entities behind them. All small.

CREATE TABLE program (
    id BIGINT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    audience TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'live', 'closed')),
    time_zone TEXT NOT NULL,
    community_limit BIGINT NOT NULL CHECK (community_limit BETWEEN 0 AND 1000),
    -- Where its links lead to us; empty: the installation's own public URL.
    public_url TEXT NOT NULL,
    theme_colour TEXT NOT NULL,
    -- JSON: categories, price band, what the audience declares. Shown and used by selection.
    catalog_scope TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Old codes of renamed programs: every old link keeps working.
CREATE TABLE program_alias (
    alias TEXT NOT NULL PRIMARY KEY,
    program_id BIGINT NOT NULL REFERENCES program (id),
    at_us BIGINT NOT NULL
);

-- Who may join, by date; never in the past.
CREATE TABLE admission (
    program_id BIGINT NOT NULL REFERENCES program (id),
    from_us BIGINT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('open', 'invite', 'roster')),
    by_person BIGINT NOT NULL,
    PRIMARY KEY (program_id, from_us)
);

-- Names or numbers that may join by roster.
CREATE TABLE roster_entry (
    program_id BIGINT NOT NULL REFERENCES program (id),
    number TEXT NOT NULL,
    note TEXT NOT NULL,
    used_by_person BIGINT,
    PRIMARY KEY (program_id, number)
);

-- Commission plan: one line decides, frozen with the order line at order time.
CREATE TABLE plan_line (
    id BIGINT NOT NULL PRIMARY KEY,
    program_id BIGINT NOT NULL REFERENCES program (id),
    scope TEXT NOT NULL CHECK (scope IN ('campaign', 'category', 'level', 'program')),
    -- Campaign code, category id, level number; empty for the program's own line.
    scope_value TEXT NOT NULL,
    direct_ppm BIGINT NOT NULL CHECK (direct_ppm BETWEEN 0 AND 1000000),
    inviter_ppm BIGINT NOT NULL CHECK (inviter_ppm BETWEEN 0 AND 1000000),
    self_ppm BIGINT NOT NULL CHECK (self_ppm BETWEEN 0 AND 1000000),
    from_us BIGINT NOT NULL,
    until_us BIGINT,
    by_person BIGINT NOT NULL,
    created_at_us BIGINT NOT NULL,
    CHECK (direct_ppm + inviter_ppm <= 1000000)
);
-- Serves programs::plan_lines.
CREATE INDEX plan_line_program ON plan_line (program_id, from_us);

-- Bounds on the inviter part by date; union_code '' means every union.
CREATE TABLE inviter_rule (
    program_id BIGINT NOT NULL REFERENCES program (id),
    union_code TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    at_most_ppm BIGINT NOT NULL CHECK (at_most_ppm BETWEEN 0 AND 1000000),
    days BIGINT,
    by_person BIGINT NOT NULL,
    PRIMARY KEY (program_id, union_code, from_us)
);

CREATE TABLE legal_entity (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    registration TEXT NOT NULL,
    created_at_us BIGINT NOT NULL
);

CREATE TABLE union_account (
    id BIGINT NOT NULL PRIMARY KEY,
    union_code TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    legal_entity_id BIGINT NOT NULL REFERENCES legal_entity (id),
    gateway_url TEXT NOT NULL,
    app_key TEXT NOT NULL,
    -- Sealed with the master key; never shown again.
    app_secret BYTEA NOT NULL,
    -- Space-separated hosts that its links may lead to.
    link_hosts TEXT NOT NULL,
    per_second BIGINT NOT NULL,
    daily_budget BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused')),
    created_at_us BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE union_account_program (
    union_account_id BIGINT NOT NULL REFERENCES union_account (id),
    program_id BIGINT NOT NULL REFERENCES program (id),
    PRIMARY KEY (union_account_id, program_id)
);

-- Calls made per day in the union's zone, so that a restart does not forget the budget.
CREATE TABLE union_budget (
    union_account_id BIGINT NOT NULL REFERENCES union_account (id),
    day BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    PRIMARY KEY (union_account_id, day)
);
