-- $1 program, $2 $3 cursor (booked_us, id), $4 rows, $5 reason or null, $6 account or null, $7 $8 where to stop
-- (booked_us, id). Bounds on booked_us alone are in the two: beside them SQLite would take the wrong one for its range.
-- Index ledger_transaction_program; legs by primary key (`seq >= 1` says all of it: SQLite would else walk through the
-- account; the LIMIT with its OFFSET keeps PostgreSQL from hashing all legs there are).
-- fan-out: an operator's list over all buckets of a program, one page.
SELECT t.id, t.line_id, t.n, t.booked_us, t.event_us, t.reason FROM ledger_transaction t
WHERE t.program_id = $1 AND (t.booked_us, t.id) < ($2, $3) AND (t.booked_us, t.id) >= ($7, $8)
  AND (CAST($5 AS TEXT) IS NULL OR t.reason = $5)
  AND (CAST($6 AS TEXT) IS NULL OR EXISTS (
        SELECT 1 FROM ledger_posting p
        WHERE p.bucket = t.bucket AND p.transaction_id = t.id AND p.seq >= 1 AND p.account = $6 LIMIT 1 OFFSET 0))
ORDER BY t.booked_us DESC, t.id DESC LIMIT $4
