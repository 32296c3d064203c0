-- $1 program: until the transaction ends, whoever counts its rules first waits here. By primary key.
SELECT id FROM program WHERE id = $1
/*pg: FOR NO KEY UPDATE */
