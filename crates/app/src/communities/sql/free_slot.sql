-- $1 bucket, $2 person, $3 community: its slot is free again. Primary key's prefix.
DELETE FROM community_slot WHERE bucket = $1 AND person_id = $2 AND community_id = $3
