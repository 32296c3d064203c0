-- Persons and how they sign in; staff rights; audit.

CREATE TABLE person (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    -- argon2id in PHC form.
    password_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'locked')),
    created_at_us BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (bucket, id)
);

-- One sign-in name per person, lower case; bucket = h(0, name) % 64, so that the name is unique over all buckets.
CREATE TABLE sign_in_name (
    bucket SMALLINT NOT NULL,
    name TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (bucket, name)
);

-- Sessions of browsers and tokens of programs: hashed, expiring. Bucket: the person's, also part of the token.
CREATE TABLE session (
    bucket SMALLINT NOT NULL,
    token_hash BYTEA NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'api')),
    name TEXT NOT NULL,
    -- Space-separated scopes of an API token; a browser session has all rights of its person.
    scopes TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    PRIMARY KEY (bucket, token_hash)
);
-- Serves persons::sessions_of and ending all sessions of a person.
CREATE INDEX session_person ON session (bucket, person_id);

-- Rights of staff; program_id 0: all programs. Small.
CREATE TABLE operator_grant (
    person_id BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'operations', 'finance', 'read_only')),
    by_person BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (person_id, program_id)
);

-- Who changed what; append-only, no foreign keys: the witness must never stop the deed.
CREATE TABLE audit_entry (
    bucket SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    program_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (bucket, id)
);
-- Serves audit::list.
CREATE INDEX audit_program ON audit_entry (program_id, at_us, id);
