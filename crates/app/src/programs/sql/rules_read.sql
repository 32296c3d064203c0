-- $1 bucket, $2 person, $3 program. By primary key.
SELECT version, read_at_us FROM rules_receipt WHERE bucket = $1 AND person_id = $2 AND program_id = $3
ORDER BY version DESC LIMIT 1
