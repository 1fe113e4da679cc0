-- forgotten_sessions: which of these sessions must not be stored: they are forgotten, or began before their project was.
-- A line for each session and each key that it may be known by: its id, or the hashes of its projects.
SELECT DISTINCT asked.session_id
FROM unnest(%(session_ids)s::text[], %(kinds)s::text[], %(keys)s::text[], %(began_at)s::timestamptz[])
     AS asked (session_id, kind, key, began_at)
JOIN hooktrace.tombstones AS stone ON stone.kind = asked.kind AND stone.key = asked.key
WHERE asked.kind = 'session' OR asked.began_at < stone.forgotten_at
