-- Every legal entity; at most 200. Small table.
SELECT id, name, registration FROM legal_entity ORDER BY id LIMIT 200
