-- known_sessions: what was decided about these sessions, for those that are known.
SELECT session_id, root_id, parent_id, parent_certain, context
FROM hooktrace.sessions
WHERE session_id = ANY (%(session_ids)s)
