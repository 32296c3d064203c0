-- $1 program, $2 now. Indexes promoter_program, community_program. Sub-queries stand in FROM: a cluster answers none
-- without it.
-- fan-out: counted in the background every few minutes, over all buckets of a program.
SELECT p.n AS promoters, c.n AS communities, c.reach, CAST($2 AS BIGINT) AS counted_at_us
FROM (SELECT COUNT(*) AS n FROM promoter WHERE program_id = $1) AS p,
    (SELECT COUNT(*) AS n, CAST(COALESCE(SUM(member_count), 0) AS BIGINT) AS reach FROM community
     WHERE program_id = $1 AND state <> 'closed') AS c
