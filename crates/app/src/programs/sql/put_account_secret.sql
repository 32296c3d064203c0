-- $1 account, $2 its secret, $3 its key for positions, sealed anew, or null (unchanged): the same ones, so its version
-- stays. By primary key.
UPDATE union_account SET app_secret = COALESCE($2, app_secret), position_key = COALESCE($3, position_key) WHERE id = $1
