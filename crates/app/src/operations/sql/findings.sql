-- $1 run. By primary key; at most 100 are kept.
SELECT rule, subject, detail FROM verify_finding WHERE run_id = $1 ORDER BY n LIMIT 100
