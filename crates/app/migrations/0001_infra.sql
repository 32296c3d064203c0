-- Plumbing. Types are PostgreSQL's words; for SQLite the runner rewrites them and adds STRICT.
-- Times end in _us (microseconds UTC), amounts in _fen, rates in _ppm; SMALLINT flags are 0 or 1.

-- Named things one process holds at a time: node numbers, the scheduler.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until_us BIGINT NOT NULL
);

-- Recurring and one-off work; small.
CREATE TABLE job (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    job_key TEXT NOT NULL,
    payload TEXT NOT NULL,
    every_s BIGINT,
    state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'failed')),
    run_at_us BIGINT NOT NULL,
    lease_until_us BIGINT NOT NULL,
    holder TEXT,
    attempts BIGINT NOT NULL,
    last_ok_us BIGINT,
    last_error TEXT,
    UNIQUE (name, job_key)
);

-- Facts on their way upward, oldest first per bucket and topic.
CREATE TABLE outbox (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, id)
);
-- Serves outbox::take and outbox::waiting.
CREATE INDEX outbox_topic ON outbox (bucket, topic, id);

-- Dense numbers handed out in blocks: promoter numbers per bucket, product numbers per bucket.
CREATE TABLE counter (
    bucket SMALLINT NOT NULL,
    name TEXT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (bucket, name)
);
