-- $1 union account id. By primary key.
SELECT id, union_code, name, gateway_url, app_key, app_secret, link_hosts, per_second, daily_budget, state, version
FROM union_account WHERE id = $1
