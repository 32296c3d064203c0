-- $1 bucket, $2 person: slots taken, over all programs; as many as the widest limit allows at the most. Primary key.
SELECT slot FROM community_slot WHERE bucket = $1 AND person_id = $2 ORDER BY slot LIMIT 1000
