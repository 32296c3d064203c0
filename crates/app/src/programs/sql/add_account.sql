-- $1 id, $2 union code, $3 name, $4 legal entity, $5 gateway URL, $6 app key, $7 sealed secret, $8 link hosts
-- (space-separated), $9 calls per second, $10 calls per day, $11 now. No row where the name is taken. By unique key.
INSERT INTO union_account (id, union_code, name, legal_entity_id, gateway_url, app_key, app_secret, link_hosts,
                           per_second, daily_budget, state, created_at_us, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, 1)
ON CONFLICT (name) DO NOTHING RETURNING id
