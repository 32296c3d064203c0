-- How large an installation is. Sub-queries stand in FROM: a cluster answers none without it.
-- fan-out: the matrix operator's own figures; small tables and counts, never on a hot path.
SELECT p.n AS promoters, c.n AS communities, g.n AS products, m.n AS programs
FROM (SELECT COUNT(*) AS n FROM promoter) AS p,
    (SELECT COUNT(*) AS n FROM community WHERE state <> 'closed') AS c,
    (SELECT COUNT(*) AS n FROM product WHERE state = 'on_sale') AS g,
    (SELECT COUNT(*) AS n FROM program WHERE state = 'live') AS m
