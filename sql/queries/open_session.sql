-- open_session: the root of a session that was open at a given time; no row once it was over.
SELECT known.root_id, known.correlation_id
FROM hooktrace.sessions AS decided
JOIN execution_traces AS known ON known.root_id = decided.root_id AND known.session_id = decided.session_id AND known.kind = 'session'
WHERE decided.session_id = %(session_id)s
  AND known.started_at <= %(at)s
  AND (known.completed_at IS NULL OR known.completed_at >= %(at)s)
