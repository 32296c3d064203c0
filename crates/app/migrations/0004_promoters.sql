-- Promoters, their invite codes and their communities. Bucket: the person's.

CREATE TABLE promoter (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    -- Dense within the bucket; part of share codes, never reused.
    number BIGINT NOT NULL CHECK (number BETWEEN 0 AND 4194303),
    display_name TEXT NOT NULL,
    -- Fixed at joining; NULL: joined without an inviter. The one paid level above.
    inviter_id BIGINT,
    invite_code TEXT,
    joined_at_us BIGINT NOT NULL,
    -- Next ordinal of a community: 2 to 1023, never reused.
    next_community BIGINT NOT NULL CHECK (next_community BETWEEN 2 AND 1024),
    version BIGINT NOT NULL,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, program_id, person_id),
    UNIQUE (bucket, number),
    CHECK (inviter_id IS NULL OR inviter_id <> id)
);
-- Serves promoters::list.
CREATE INDEX promoter_program ON promoter (program_id, joined_at_us, id);

-- Standing by date: what was in force at order time decides. Append-only.
CREATE TABLE promoter_standing (
    bucket SMALLINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    from_us BIGINT NOT NULL,
    id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    level BIGINT NOT NULL CHECK (level >= 0),
    reason TEXT NOT NULL,
    by_person BIGINT NOT NULL,
    PRIMARY KEY (bucket, promoter_id, from_us, id)
);

-- First-level team: in the inviter's bucket, heads only.
CREATE TABLE invitation (
    bucket SMALLINT NOT NULL,
    inviter_id BIGINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, inviter_id, promoter_id)
);

CREATE TABLE invite_code (
    bucket SMALLINT NOT NULL,
    code TEXT NOT NULL,
    program_id BIGINT NOT NULL,
    -- NULL: the owner's code, which carries no inviter.
    inviter_id BIGINT,
    quota BIGINT NOT NULL CHECK (quota >= 0),
    used BIGINT NOT NULL CHECK (used >= 0 AND used <= quota),
    expires_at_us BIGINT NOT NULL,
    created_at_us BIGINT NOT NULL,
    by_person BIGINT NOT NULL,
    PRIMARY KEY (bucket, code)
);
-- Serves promoters::invite_codes.
CREATE INDEX invite_code_program ON invite_code (program_id, created_at_us);

CREATE TABLE community (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    promoter_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    -- Place in the promoter's share codes: 2 to 1023, never reused.
    ordinal BIGINT NOT NULL CHECK (ordinal BETWEEN 2 AND 1023),
    -- Place among the person's communities over all programs; NULL once closed.
    slot BIGINT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    city TEXT NOT NULL,
    member_count BIGINT NOT NULL CHECK (member_count >= 0),
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'frozen', 'closed')),
    created_at_us BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, promoter_id, ordinal)
);
-- Serves communities::list.
CREATE INDEX community_program ON community (program_id, created_at_us, id);
-- Serves communities::of_promoter.
CREATE INDEX community_promoter ON community (bucket, promoter_id, id);

-- One row per community that counts against the limit: the key is the limit, also under concurrency.
CREATE TABLE community_slot (
    bucket SMALLINT NOT NULL,
    person_id BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    community_id BIGINT NOT NULL,
    PRIMARY KEY (bucket, person_id, slot)
);
