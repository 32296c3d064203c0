-- All sealed secrets of union accounts. Small table.
SELECT id, app_secret FROM union_account ORDER BY id
