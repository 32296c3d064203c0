-- $1 program, $2 promoters, $3 communities, $4 reach, $5 now.
INSERT INTO program_size (program_id, promoters, communities, reach, counted_at_us) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (program_id) DO UPDATE SET promoters = excluded.promoters, communities = excluded.communities,
    reach = excluded.reach, counted_at_us = excluded.counted_at_us
