-- $1 program, $2 version, $3 text, $4 by, $5 now. No row where somebody was faster.
INSERT INTO rules_document (program_id, version, text, by_person, at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (program_id, version) DO NOTHING RETURNING version
