-- $1 bucket: a row where it has transactions and no chain. Primary keys.
SELECT t.id FROM ledger_transaction t
WHERE t.bucket = $1 AND NOT EXISTS (SELECT 1 FROM ledger_link l WHERE l.bucket = $1) LIMIT 1
