-- $1 union account id. By primary key.
SELECT site_id, position_union_id, position_key FROM union_account WHERE id = $1
