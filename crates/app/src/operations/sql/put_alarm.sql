-- $1 kind, $2 subject, $3 severity, $4 detail, $5 raised at, $6 told at, $7 absent since or null. By primary key.
INSERT INTO alarm (kind, subject, severity, detail, raised_at_us, told_at_us, absent_since_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (kind, subject) DO UPDATE SET severity = excluded.severity, detail = excluded.detail,
    told_at_us = excluded.told_at_us, absent_since_us = excluded.absent_since_us
