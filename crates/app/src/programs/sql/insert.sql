-- $1 id, $2 code, $3 name, $4 audience, $5 state, $6 time zone, $7 community limit, $8 public URL, $9 theme colour,
-- $10 catalog scope (JSON), $11 now, $12 version, $13 accent, $14 logo, $15 WeChat appid, $16 official account's appid.
-- No row where the code is taken. By unique key.
INSERT INTO program (id, code, name, audience, state, time_zone, community_limit, public_url, theme_colour,
                     catalog_scope, created_at_us, version, theme_accent, logo, wechat_appid, official_appid)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (code) DO NOTHING RETURNING id
