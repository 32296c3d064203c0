-- $1 bucket, $2 promoter, $3 from, $4 entry id, $5 state, $6 level, $7 reason, $8 by person.
INSERT INTO promoter_standing (bucket, promoter_id, from_us, id, state, level, reason, by_person)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
