-- $1 bucket: what each account has. Primary key.
SELECT account, owner, balance_fen, postings FROM ledger_balance WHERE bucket = $1 ORDER BY account, owner
