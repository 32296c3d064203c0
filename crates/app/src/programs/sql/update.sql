-- $1 program, $2 version loaded, $3 code, $4 name, $5 audience, $6 time zone, $7 community limit, $8 public URL,
-- $9 theme colour, $10 catalog scope, $11 state, $12 accent, $13 logo, $14 WeChat appid, $15 official account's appid.
-- No row where somebody was faster. By primary key.
UPDATE program SET code = $3, name = $4, audience = $5, time_zone = $6, community_limit = $7, public_url = $8,
    theme_colour = $9, catalog_scope = $10, state = $11, theme_accent = $12, logo = $13, wechat_appid = $14,
    official_appid = $15, version = version + 1
WHERE id = $1 AND version = $2 RETURNING version
