-- The newest minute with orders, of the last two days; null where there is none.
-- fan-out: the end of an index over a roll-up, once a minute.
SELECT MAX(minute) AS minute FROM minute_total
