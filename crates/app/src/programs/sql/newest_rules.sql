-- $1 program. By primary key.
SELECT version, text, at_us FROM rules_document WHERE program_id = $1 ORDER BY version DESC LIMIT 1
