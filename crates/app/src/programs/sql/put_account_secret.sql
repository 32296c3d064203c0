-- $1 account, $2 its secret, sealed anew: the same one, so its version stays. By primary key.
UPDATE union_account SET app_secret = $2 WHERE id = $1
