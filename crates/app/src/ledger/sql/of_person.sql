-- $1 owner, $2 $3 cursor (transaction, seq), $4 rows: postings on a person's own accounts, newest first. Index
-- ledger_posting_person; transactions by primary key.
-- fan-out: what somebody earns as inviter is booked in the buckets of their team's lines.
SELECT p.transaction_id, p.seq, t.line_id, p.account, p.owner, p.amount_fen, t.n, t.reason, t.booked_us, t.event_us
FROM ledger_posting p JOIN ledger_transaction t ON t.bucket = p.bucket AND t.id = p.transaction_id
WHERE p.owner = $1 AND (p.transaction_id, p.seq) < ($2, $3)
  AND p.account IN ('person.waiting', 'person.confirmed', 'person.payable', 'person.held')
ORDER BY p.transaction_id DESC, p.seq DESC LIMIT $4
