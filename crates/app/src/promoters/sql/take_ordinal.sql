-- $1 bucket, $2 promoter: the next ordinal of a community, never given twice; no row when all are used up. Primary key.
UPDATE promoter SET next_community = next_community + 1 WHERE bucket = $1 AND id = $2 AND next_community <= 1023
RETURNING next_community - 1 AS ordinal
