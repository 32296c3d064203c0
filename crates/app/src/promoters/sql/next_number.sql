-- $1 bucket: takes a promoter number; returns the one after it. Primary key.
INSERT INTO counter (bucket, name, next) VALUES ($1, 'promoter', 1)
ON CONFLICT (bucket, name) DO UPDATE SET next = counter.next + 1 RETURNING next
