-- $1 bucket, $2 before, $3 rows. Index click_at; a bucket at a time, over all programs.
DELETE FROM click WHERE bucket = $1 AND id IN (SELECT id FROM click WHERE bucket = $1 AND at_us < $2 ORDER BY at_us LIMIT $3)
