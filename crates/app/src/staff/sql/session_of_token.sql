-- $1 bucket, $2 token hash, $3 now. By primary key.
SELECT s.id, s.person_id, s.kind, s.scopes
FROM session s JOIN person p ON p.bucket = s.bucket AND p.id = s.person_id
WHERE s.bucket = $1 AND s.token_hash = $2 AND s.expires_at_us > $3 AND p.state = 'active'
