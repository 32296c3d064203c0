-- $1 union account, $2 position, of as many as are wanted (Tx::all_of). By primary key.
WITH wanted (union_account_id, position_id) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) /*more*/)
SELECT p.position_id, p.promoter_id
FROM wanted w JOIN promoter_position p ON p.union_account_id = w.union_account_id AND p.position_id = w.position_id
WHERE p.promoter_id IS NOT NULL
