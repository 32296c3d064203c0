-- $1 id, $2 channel, $3 text, $4 now.
INSERT INTO alarm_notice (id, channel, text, at_us, attempts, given_up, last_error) VALUES ($1, $2, $3, $4, 0, 0, NULL)
