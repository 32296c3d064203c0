-- All alarms that stand. Small table.
SELECT kind, subject, severity, detail, raised_at_us, told_at_us, absent_since_us FROM alarm ORDER BY kind, subject
