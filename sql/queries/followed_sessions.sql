-- followed_sessions: the sessions that are open, or were until a moment ago, with what is known of where they run; a
-- session that began as a copy of another one also with its beginning.
SELECT session.session_id, session.root_id, session.correlation_id, decided.context, session.status = 'in_progress' AS open,
       (SELECT read.path FROM hooktrace.transcripts AS read
        WHERE read.session_id = session.session_id AND read.path NOT LIKE '%%/subagents/%%' LIMIT 1) AS transcript,
       CASE WHEN session.context ->> 'start' = 'fork' THEN session.started_at END AS forked_at,
       session.context ->> 'version' AS version,
       (SELECT max(event.started_at) FROM hook_executions AS event WHERE event.session_id = session.session_id) AS last_event_at,
       process.host, process.pid, process.birth
FROM execution_traces AS session
JOIN hooktrace.sessions AS decided ON decided.session_id = session.session_id
LEFT JOIN LATERAL (
    SELECT host, pid, birth FROM hooktrace.processes AS known
    WHERE known.session_id = session.session_id ORDER BY seen_at DESC LIMIT 1
) AS process ON true
WHERE session.kind = 'session'
  AND (session.status = 'in_progress' OR session.completed_at > %(since)s)
