-- The newest minute with orders (the last two days), and the newest day (whether there ever was one), 0 where there is none.
-- fan-out: one row each from the ends of two indexes, over roll-ups only.
SELECT COALESCE((SELECT MAX(minute) FROM minute_total), 0) AS minute, COALESCE((SELECT MAX(day) FROM day_total), 0) AS day
