-- $1 run, $2 by person, $3 now. No row where another run is under way. By unique key; small table.
INSERT INTO verify_run (id, under_way, state, by_person, asked_at_us, buckets_done, transactions, postings, accounts, lines, findings)
VALUES ($1, 1, 'waiting', $2, $3, 0, 0, 0, 0, 0, 0)
ON CONFLICT (under_way) DO NOTHING RETURNING id
