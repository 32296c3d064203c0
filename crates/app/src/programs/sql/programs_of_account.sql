-- $1 union account: programs that it serves. By primary key. `program_id` is what is asked for.
SELECT program_id FROM union_account_program WHERE union_account_id = $1 ORDER BY program_id LIMIT 200
