-- $1 program, $2 $3 from and to. Index product_total_program.
-- fan-out: a program's roll-up rows live in all buckets.
SELECT union_account_id, item_key, MAX(title) AS title,
    CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen
FROM product_total WHERE program_id = $1 AND day BETWEEN $2 AND $3 GROUP BY union_account_id, item_key
ORDER BY gmv_fen DESC, union_account_id, item_key LIMIT 10
