-- imported_session: whether a session was recorded by its events, or is just now, and when it began as a copy of another.
SELECT NOT context ? 'told_by' AS recorded,
       NOT context ? 'told_by' AND status = 'in_progress' AS followed,
       CASE WHEN context ->> 'start' = 'fork' THEN started_at END AS forked_at
FROM execution_traces
WHERE session_id = %(session_id)s AND kind = 'session'
