-- $1 promoter, $2 $3 quarters of an hour from and to. Index earning_promoter.
-- fan-out: what a promoter earns as inviter lies in the buckets of their team's lines.
SELECT CAST(COALESCE(SUM(direct_fen), 0) AS BIGINT) AS direct_fen, CAST(COALESCE(SUM(inviter_fen), 0) AS BIGINT) AS inviter_fen
FROM earning WHERE promoter_id = $1 AND quarter >= $2 AND quarter < $3
