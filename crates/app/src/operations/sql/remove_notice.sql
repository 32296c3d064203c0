-- $1 notice. By primary key.
DELETE FROM alarm_notice WHERE id = $1
