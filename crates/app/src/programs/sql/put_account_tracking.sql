-- $1 union account id, $2 site id or null, $3 the account's number at the union or null (no positions), $4 sealed key or
-- null (unchanged). By primary key.
UPDATE union_account SET site_id = $2, position_union_id = $3,
    position_key = CASE WHEN CAST($3 AS BIGINT) IS NULL THEN NULL ELSE COALESCE($4, position_key) END
WHERE id = $1
