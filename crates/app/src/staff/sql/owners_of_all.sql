-- Owners of all programs (program_id 0), locked in order, so that two of them cannot remove each other at once.
SELECT person_id FROM operator_grant WHERE program_id = 0 AND role = 'owner' ORDER BY person_id LIMIT 1000
/*pg: FOR UPDATE */
