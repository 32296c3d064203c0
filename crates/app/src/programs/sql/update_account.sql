-- $1 account, $2 version loaded, $3 gateway URL, $4 app key, $5 sealed secret or null (unchanged), $6 link hosts,
-- $7 calls per second, $8 calls per day, $9 state. No row where somebody was faster. By primary key.
UPDATE union_account SET gateway_url = $3, app_key = $4, app_secret = COALESCE($5, app_secret), link_hosts = $6,
    per_second = $7, daily_budget = $8, state = $9, version = version + 1
WHERE id = $1 AND version = $2 RETURNING version
