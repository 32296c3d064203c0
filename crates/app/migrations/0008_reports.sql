-- Roll-ups that boards read. Written from facts in the outbox, each exactly once.

-- Per program and day of order (in the program's zone); bucket of the lines counted. program_id 0: unassigned.
CREATE TABLE day_total (
    bucket SMALLINT NOT NULL,
    program_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    gmv_fen BIGINT NOT NULL,
    fee_fen BIGINT NOT NULL,
    direct_fen BIGINT NOT NULL,
    inviter_fen BIGINT NOT NULL,
    platform_fen BIGINT NOT NULL,
    PRIMARY KEY (bucket, program_id, day)
);
-- Serves reports::days.
CREATE INDEX day_total_program ON day_total (program_id, day);
