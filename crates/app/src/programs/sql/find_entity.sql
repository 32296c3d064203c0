-- $1 legal entity. By primary key.
SELECT id FROM legal_entity WHERE id = $1
