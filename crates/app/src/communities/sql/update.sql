-- $1 bucket, $2 community, $3 program, $4 version loaded, $5 name, $6 kind, $7 city, $8 members, $9 state. No row where
-- somebody was faster. Primary key.
UPDATE community SET name = $5, kind = $6, city = $7, member_count = $8, state = $9,
    slot = CASE WHEN $9 = 'closed' THEN NULL ELSE slot END, version = version + 1
WHERE bucket = $1 AND id = $2 AND program_id = $3 AND version = $4 RETURNING version
