-- How large an installation is. fan-out: the matrix operator's own figures; small tables and counts, never on a hot path.
SELECT (SELECT COUNT(*) FROM promoter) AS promoters,
    (SELECT COUNT(*) FROM community WHERE state <> 'closed') AS communities,
    (SELECT COUNT(*) FROM product WHERE state = 'on_sale') AS products,
    (SELECT COUNT(*) FROM program WHERE state = 'live') AS programs
