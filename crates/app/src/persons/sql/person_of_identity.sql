-- $1 bucket of the identity, $2 appid, $3 openid. By primary key.
SELECT person_id FROM wechat_identity WHERE bucket = $1 AND appid = $2 AND openid = $3
