-- Whether anybody ever ordered.
-- fan-out: any one row of a roll-up, once a minute.
SELECT day FROM day_total LIMIT 1
