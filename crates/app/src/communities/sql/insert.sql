-- $1 bucket, $2 id, $3 program, $4 promoter, $5 person, $6 ordinal, $7 slot, $8 name, $9 kind, $10 city, $11 members, $12 now.
INSERT INTO community (bucket, id, program_id, promoter_id, person_id, ordinal, slot, name, kind, city, member_count, state, created_at_us, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'active', $12, 1)
