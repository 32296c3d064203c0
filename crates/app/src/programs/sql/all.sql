-- Every program; at most 200 (PROGRAMS_MAX). Small table.
SELECT id, code, name, audience, state, time_zone, community_limit, public_url, theme_colour,
    theme_accent, logo, wechat_appid, official_appid, catalog_scope, version
FROM program ORDER BY id LIMIT 200
