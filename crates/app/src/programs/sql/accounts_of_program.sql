-- $1 program: union accounts that serve it. Small table, read whole.
SELECT union_account_id FROM union_account_program WHERE program_id = $1 ORDER BY union_account_id LIMIT 200
