-- All sealed secrets of union accounts. Small table.
SELECT id, app_secret, position_key FROM union_account ORDER BY id
