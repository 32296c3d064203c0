-- $1 union account, $2 promoter, $3 now. A free position becomes the promoter's; no row where there is none. By primary
-- key, over the positions of one account.
UPDATE promoter_position SET promoter_id = $2, taken_at_us = $3
WHERE union_account_id = $1 AND promoter_id IS NULL AND position_id = (
    SELECT position_id FROM promoter_position WHERE union_account_id = $1 AND promoter_id IS NULL
    ORDER BY position_id LIMIT 1 /*pg: FOR UPDATE SKIP LOCKED */)
RETURNING position_id
