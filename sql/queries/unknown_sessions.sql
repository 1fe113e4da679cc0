-- unknown_sessions: which of these sessions there is no event of; not those that are forgotten.
SELECT asked AS session_id FROM unnest(%(session_ids)s::text[]) AS asked
WHERE NOT EXISTS (SELECT FROM hooktrace.sessions AS known WHERE known.session_id = asked)
  AND NOT EXISTS (SELECT FROM hooktrace.tombstones AS stone WHERE stone.kind = 'session' AND stone.key = asked)
