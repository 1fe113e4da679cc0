-- bury_sessions: sets tombstones for sessions, each for the user whose it is; without a row of it for the one named.
INSERT INTO hooktrace.tombstones (kind, key, user_id)
SELECT 'session', given.session_id, coalesce(decided.user_id, %(user_id)s, session_user)
FROM unnest(%(session_ids)s::text[]) AS given (session_id)
LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = given.session_id
ON CONFLICT DO NOTHING
