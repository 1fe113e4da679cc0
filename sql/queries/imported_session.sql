-- imported_session: whether a session was recorded by its events, and when it began as a copy of another one.
SELECT NOT context ? 'told_by' AS recorded,
       CASE WHEN context ->> 'start' = 'fork' THEN started_at END AS forked_at
FROM execution_traces
WHERE session_id = %(session_id)s AND kind = 'session'
