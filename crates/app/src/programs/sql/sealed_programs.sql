-- All sealed secrets of programs. Small table.
SELECT id, wechat_secret, official_secret FROM program WHERE wechat_secret IS NOT NULL OR official_secret IS NOT NULL ORDER BY id
