-- $1 program, $2 $3 from and to. Indexes promoter_program, community_program: the rows of those days, by quarter of an hour.
-- fan-out: a program's promoters live in all buckets.
SELECT joined_at_us / 900000000 AS quarter, COUNT(*) AS promoters, 0 AS communities
FROM promoter WHERE program_id = $1 AND joined_at_us >= $2 AND joined_at_us < $3 GROUP BY joined_at_us / 900000000
UNION ALL
SELECT created_at_us / 900000000 AS quarter, 0 AS promoters, COUNT(*) AS communities
FROM community WHERE program_id = $1 AND created_at_us >= $2 AND created_at_us < $3 GROUP BY created_at_us / 900000000
LIMIT 80000
