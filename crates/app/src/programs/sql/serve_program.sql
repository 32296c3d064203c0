-- $1 union account, $2 program: the account serves it from now on. By primary key.
INSERT INTO union_account_program (union_account_id, program_id) VALUES ($1, $2)
ON CONFLICT (union_account_id, program_id) DO NOTHING
