-- $1 program, $2 converted since, $3 count at the most. Index conversion_dropped, which holds such links only.
-- fan-out: the inbox, a bounded count over all buckets of a program.
SELECT COUNT(*) AS n, MIN(converted_at_us) AS since_us FROM (
    SELECT converted_at_us FROM conversion
    WHERE program_id = $1 AND coupon_dropped IS NOT NULL AND converted_at_us >= $2
    ORDER BY converted_at_us LIMIT $3) AS found
