-- Moments of the first and the last booking.
-- fan-out: the export reads everything.
SELECT MIN(booked_us) AS first_us, MAX(booked_us) AS last_us FROM ledger_transaction
