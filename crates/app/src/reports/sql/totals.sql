-- Totals over all time per program (0: unassigned).
-- fan-out: the matrix operator's report, over roll-ups only.
SELECT program_id, 0 AS day, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(gmv_fen) AS BIGINT) AS gmv_fen, CAST(SUM(fee_fen) AS BIGINT) AS fee_fen,
    CAST(SUM(direct_fen) AS BIGINT) AS direct_fen, CAST(SUM(inviter_fen) AS BIGINT) AS inviter_fen,
    CAST(SUM(platform_fen) AS BIGINT) AS platform_fen,
    CAST(SUM(confirmed) AS BIGINT) AS confirmed
FROM day_total GROUP BY program_id ORDER BY program_id LIMIT 500
