-- $1 program, $2 ordered since, $3 count at the most. Index order_line_review, which holds such lines only.
-- fan-out: the inbox, a bounded count over all buckets of a program.
SELECT COUNT(*) AS n, MIN(ordered_us) AS since_us FROM (
    SELECT ordered_us FROM order_line WHERE program_id = $1 AND needs_review = 1 AND ordered_us >= $2
    ORDER BY ordered_us LIMIT $3) AS found
