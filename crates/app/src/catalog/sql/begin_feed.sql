-- $1 union account, $2 feed, $3 now: the page at which a walk goes on; a finished walk begins anew. Primary key.
INSERT INTO catalog_feed (union_account_id, feed, next_page, started_at_us, finished_at_us, seen, last_error)
VALUES ($1, $2, 1, $3, NULL, 0, NULL)
ON CONFLICT (union_account_id, feed) DO UPDATE SET
    next_page = CASE WHEN catalog_feed.finished_at_us IS NULL THEN catalog_feed.next_page ELSE 1 END,
    seen = CASE WHEN catalog_feed.finished_at_us IS NULL THEN catalog_feed.seen ELSE 0 END,
    started_at_us = CASE WHEN catalog_feed.finished_at_us IS NULL THEN catalog_feed.started_at_us ELSE excluded.started_at_us END,
    finished_at_us = NULL
RETURNING next_page
