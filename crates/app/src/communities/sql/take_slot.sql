-- $1 bucket, $2 person, $3 slot, $4 community. No row where somebody was faster. Primary key.
INSERT INTO community_slot (bucket, person_id, slot, community_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (bucket, person_id, slot) DO NOTHING RETURNING slot
