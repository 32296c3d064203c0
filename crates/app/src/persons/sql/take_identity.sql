-- $1 bucket of the identity, $2 appid, $3 openid, $4 person, $5 now. No row where it belongs to somebody. By primary key.
INSERT INTO wechat_identity (bucket, appid, openid, person_id, at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bucket, appid, openid) DO NOTHING RETURNING person_id
