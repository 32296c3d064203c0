-- With the account's and the program's equality in it SQLite takes this index instead of order_line_unassigned.
DROP INDEX order_line_stray;
CREATE INDEX order_line_stray ON order_line (union_account_id, program_id, ordered_us, state) WHERE program_id = 0 AND state IN ('pending', 'confirmed', 'unknown');
