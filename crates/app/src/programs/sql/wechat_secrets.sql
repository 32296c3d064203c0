-- $1 program: the sealed secrets of its mini program and of its official account. By primary key.
SELECT wechat_secret, official_secret FROM program WHERE id = $1
