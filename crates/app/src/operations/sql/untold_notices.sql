-- $1 since: notices that were given up after that, and those that were tried and still wait. Small table.
SELECT COUNT(*) FILTER (WHERE given_up = 1 AND at_us >= $1) AS given_up,
    COUNT(*) FILTER (WHERE given_up = 0 AND attempts > 0) AS waiting, MAX(last_error) AS last_error
FROM alarm_notice
