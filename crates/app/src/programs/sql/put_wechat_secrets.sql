-- $1 program, $2 $3 sealed secrets of its mini program and of its official account; null: stays. By primary key.
UPDATE program SET wechat_secret = COALESCE($2, wechat_secret), official_secret = COALESCE($3, official_secret)
WHERE id = $1
