-- $1 run, $2 now. No row where it is done, unknown, or another one is under way. By primary key.
UPDATE verify_run SET state = 'running', under_way = 1, started_at_us = COALESCE(started_at_us, $2), finished_at_us = NULL,
    error = NULL
WHERE id = $1 AND state <> 'done' AND NOT EXISTS (SELECT 1 FROM verify_run o WHERE o.under_way = 1 AND o.id <> $1)
RETURNING buckets_done
