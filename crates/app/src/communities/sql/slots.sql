-- $1 bucket, $2 person, $3 limit: slots taken below the limit. Primary key.
SELECT slot FROM community_slot WHERE bucket = $1 AND person_id = $2 AND slot < $3 ORDER BY slot
