-- $1 program, $2 $3 from and to. Indexes promoter_program, community_program: a day's rows.
-- fan-out: a program's promoters live in all buckets.
SELECT (SELECT COUNT(*) FROM promoter WHERE program_id = $1 AND joined_at_us >= $2 AND joined_at_us < $3) AS promoters,
    (SELECT COUNT(*) FROM community WHERE program_id = $1 AND created_at_us >= $2 AND created_at_us < $3) AS communities
