-- Clicks by class, added up while they are written. One row per program and time, in the program's bucket.
-- Minutes are kept for two days, quarters of an hour (which every zone's days are made of) as long as clicks.
CREATE TABLE click_minute (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    minute BIGINT NOT NULL,
    class TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, minute, class)
);
CREATE TABLE click_quarter (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    quarter BIGINT NOT NULL,
    class TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, quarter, class)
);
-- Serve the board over all programs.
CREATE INDEX click_minute_time ON click_minute (minute);
CREATE INDEX click_quarter_time ON click_quarter (quarter);
