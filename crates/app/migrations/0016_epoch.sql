-- A number that rises with every deed that what is kept in memory depends on; each process looks at it.
CREATE TABLE epoch (
    name TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL
);
