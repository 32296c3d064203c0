-- $1 run, $2 state, $3 now, $4 error or null. By primary key.
UPDATE verify_run SET state = $2, under_way = NULL, finished_at_us = $3, error = $4 WHERE id = $1 AND under_way = 1
