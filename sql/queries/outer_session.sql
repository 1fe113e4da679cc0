-- outer_session: the root of a session that had begun by a given time, and whether it was open then.
SELECT known.root_id, known.correlation_id, known.completed_at IS NULL OR known.completed_at >= %(at)s AS open
FROM hooktrace.sessions AS decided
JOIN execution_traces AS known ON known.root_id = decided.root_id AND known.session_id = decided.session_id AND known.kind = 'session'
WHERE decided.session_id = %(session_id)s
  AND known.started_at <= %(at)s
