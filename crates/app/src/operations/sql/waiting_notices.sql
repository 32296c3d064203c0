-- $1 channel. The oldest first, as many as a message may hold. Small table.
SELECT id, channel, text, at_us, attempts FROM alarm_notice WHERE channel = $1 AND given_up = 0 ORDER BY id LIMIT 50
