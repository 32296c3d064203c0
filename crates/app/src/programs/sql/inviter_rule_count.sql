-- $1 program. By primary key.
SELECT COUNT(*) AS n FROM inviter_rule WHERE program_id = $1
