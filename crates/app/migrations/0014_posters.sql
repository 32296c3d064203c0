-- A program's own posters; where there is no row, the ones that are part of the program are drawn.
CREATE TABLE poster_template (
    program_id BIGINT NOT NULL REFERENCES program (id),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'recruit')),
    svg TEXT NOT NULL,
    by_person BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (program_id, kind)
);
