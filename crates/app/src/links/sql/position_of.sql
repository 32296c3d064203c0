-- $1 union account, $2 promoter. By unique index.
SELECT position_id FROM promoter_position WHERE union_account_id = $1 AND promoter_id = $2
