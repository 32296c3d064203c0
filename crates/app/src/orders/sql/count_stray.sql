-- $1 union account, $2 ordered since, $3 count at the most. Index order_line_stray, which holds such lines only.
-- fan-out: the inbox, a bounded count over all buckets of an account.
SELECT COUNT(*) AS n, MIN(ordered_us) AS since_us FROM (
    SELECT ordered_us FROM order_line
    WHERE union_account_id = $1 AND program_id = 0 AND state IN ('pending', 'confirmed', 'unknown') AND ordered_us >= $2
    ORDER BY ordered_us LIMIT $3) AS found
