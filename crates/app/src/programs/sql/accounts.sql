-- Every union account, without its secret; at most 200. Small table.
SELECT id, union_code, name, gateway_url, app_key, link_hosts, per_second, daily_budget, state, version
FROM union_account ORDER BY id LIMIT 200
