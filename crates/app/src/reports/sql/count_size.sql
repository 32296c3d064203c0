-- $1 program, $2 now. Indexes promoter_program, community_program.
-- fan-out: counted in the background every few minutes, over all buckets of a program.
SELECT (SELECT COUNT(*) FROM promoter WHERE program_id = $1) AS promoters,
    (SELECT COUNT(*) FROM community WHERE program_id = $1 AND state <> 'closed') AS communities,
    (SELECT CAST(COALESCE(SUM(member_count), 0) AS BIGINT) FROM community WHERE program_id = $1 AND state <> 'closed') AS reach,
    CAST($2 AS BIGINT) AS counted_at_us
