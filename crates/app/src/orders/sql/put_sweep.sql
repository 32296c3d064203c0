-- $1 union account, $2 walk or null (over), $3 begun, $4 rounds finished, $5 when the last one was or null. By primary key.
INSERT INTO order_sweep (union_account_id, walk, begun_at_us, rounds, finished_at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (union_account_id) DO UPDATE SET walk = excluded.walk, begun_at_us = excluded.begun_at_us,
    rounds = excluded.rounds, finished_at_us = excluded.finished_at_us
