-- $1 program: its own accounts, and those of its promoters, summed over owners. Indexes ledger_balance_owner,
-- promoter_program. The promoters come first and as they are: their accounts do not lie beside them.
-- fan-out: an account has a partial balance in each bucket that its lines live in.
WITH member AS MATERIALIZED (SELECT id FROM promoter WHERE program_id = $1)
SELECT account, CAST(SUM(balance_fen) AS BIGINT) AS balance_fen, CAST(SUM(postings) AS BIGINT) AS postings FROM (
    SELECT account, balance_fen, postings FROM ledger_balance WHERE owner = $1 AND account LIKE 'platform.%'
    UNION ALL
    SELECT b.account, b.balance_fen, b.postings FROM member m JOIN ledger_balance b ON b.owner = m.id
    WHERE b.account LIKE 'person.%') AS of_program
GROUP BY account ORDER BY account LIMIT 100
