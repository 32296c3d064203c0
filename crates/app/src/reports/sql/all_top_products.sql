-- $1 $2 from and to, over all programs. fan-out: the matrix operator's board, from roll-ups.
SELECT union_account_id, item_key, MAX(title) AS title,
    CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen
FROM product_total WHERE day BETWEEN $1 AND $2 GROUP BY union_account_id, item_key
ORDER BY gmv_fen DESC, union_account_id, item_key LIMIT 10
