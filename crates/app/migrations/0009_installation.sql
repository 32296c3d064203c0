-- What this installation says of itself: `demo` (made by the demo), `demo.day` (how far it has been played).
CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
