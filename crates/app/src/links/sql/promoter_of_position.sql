-- $1 union account, $2 position. By primary key.
SELECT promoter_id FROM promoter_position WHERE union_account_id = $1 AND position_id = $2 AND promoter_id IS NOT NULL
