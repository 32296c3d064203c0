-- $1 union account. By primary key.
SELECT walk, begun_at_us, rounds, finished_at_us FROM order_sweep WHERE union_account_id = $1
