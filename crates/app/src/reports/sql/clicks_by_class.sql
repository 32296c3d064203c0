-- Clicks by class, over all programs. fan-out: the matrix operator's own figure.
SELECT class, COUNT(*) AS n FROM click GROUP BY class ORDER BY class
