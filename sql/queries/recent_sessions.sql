-- recent_sessions: the sessions that began last among those whose id has a beginning.
SELECT session.session_id, session.project, session.started_at
FROM execution_traces AS session
WHERE session.kind = 'session' AND starts_with(session.session_id, %(beginning)s)
ORDER BY session.started_at DESC
LIMIT %(limit)s
