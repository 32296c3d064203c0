-- What the founder is told without looking, and a verification that nobody asked for.

-- Alarms that stand: each is told once, again after the repeat interval, and once more when it is over. Small.
CREATE TABLE alarm (
    kind TEXT NOT NULL,
    -- Id of what it is about; empty where there is one only.
    subject TEXT NOT NULL,
    severity TEXT NOT NULL,
    detail TEXT NOT NULL,
    raised_at_us BIGINT NOT NULL,
    told_at_us BIGINT NOT NULL,
    -- Not seen any more since then; over when that has lasted.
    absent_since_us BIGINT,
    PRIMARY KEY (kind, subject)
);

-- Messages on their way, one per channel; gone once they were taken. Small.
CREATE TABLE alarm_notice (
    id BIGINT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    text TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- The channel will not take it, or did not for too long; kept for a while, so that somebody sees it.
    given_up SMALLINT NOT NULL,
    last_error TEXT
);
