-- $1 program. By primary key.
SELECT promoters, communities, reach, counted_at_us FROM program_size WHERE program_id = $1
