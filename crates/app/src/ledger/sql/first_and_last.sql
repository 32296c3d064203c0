-- $1 $2 first and last bucket: moments of the first and the last booking in them.
-- fan-out: the export reads everything.
SELECT MIN(booked_us) AS first_us, MAX(booked_us) AS last_us FROM ledger_transaction WHERE bucket >= $1 AND bucket <= $2
