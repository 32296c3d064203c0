-- $1 kind, $2 subject. By primary key.
DELETE FROM alarm WHERE kind = $1 AND subject = $2
