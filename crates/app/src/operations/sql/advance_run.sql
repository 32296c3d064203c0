-- $1 run, $2 bucket verified, $3 $4 $5 $6 $7 transactions, postings, accounts, lines and findings in it. No row where
-- another worker was there first. By primary key.
UPDATE verify_run SET buckets_done = buckets_done + 1, transactions = transactions + $3, postings = postings + $4,
    accounts = accounts + $5, lines = lines + $6, findings = findings + $7
WHERE id = $1 AND buckets_done = $2 AND state = 'running' RETURNING findings
