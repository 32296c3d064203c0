-- $1 before: given-up notices older than that. Small table.
DELETE FROM alarm_notice WHERE given_up = 1 AND at_us < $1
