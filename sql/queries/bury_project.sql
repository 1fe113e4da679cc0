-- bury_project: sets a tombstone for a project, for each user who has one of these sessions, and for the one named.
INSERT INTO hooktrace.tombstones (kind, key, user_id, forgotten_at)
SELECT 'project', %(key)s, user_id, %(now)s
FROM (SELECT user_id FROM hooktrace.sessions WHERE session_id = ANY (%(session_ids)s)
      UNION SELECT %(user_id)s) AS concerned
ON CONFLICT (kind, key, user_id) DO UPDATE SET forgotten_at = greatest(tombstones.forgotten_at, excluded.forgotten_at)
