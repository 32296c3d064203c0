-- $1 notice, $2 1 where it is given up, $3 error. By primary key.
UPDATE alarm_notice SET attempts = attempts + 1, given_up = $2, last_error = $3 WHERE id = $1
