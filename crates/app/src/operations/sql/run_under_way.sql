-- The run that waits or runs. By unique key; small table.
SELECT id FROM verify_run WHERE under_way = 1
