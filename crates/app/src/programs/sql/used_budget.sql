-- $1 union account id: its newest day with calls. By primary key.
SELECT day, calls FROM union_budget WHERE union_account_id = $1 ORDER BY day DESC LIMIT 1
