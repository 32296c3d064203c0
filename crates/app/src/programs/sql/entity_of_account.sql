-- $1 union account. By primary key.
SELECT legal_entity_id FROM union_account WHERE id = $1
