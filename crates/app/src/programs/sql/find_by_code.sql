-- $1 code or former code. By unique key.
SELECT id, code, name, audience, state, time_zone, community_limit, public_url, theme_colour,
    theme_accent, logo, wechat_appid, official_appid, catalog_scope, version
FROM program WHERE code = $1 OR id = (SELECT program_id FROM program_alias WHERE alias = $1)
ORDER BY CASE WHEN code = $1 THEN 0 ELSE 1 END LIMIT 1
