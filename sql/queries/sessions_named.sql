-- sessions_named: the sessions whose id is this, or begins so.
SELECT session_id FROM execution_traces
WHERE session_id = %(beginning)s OR kind IN ('session', 'task') AND starts_with(session_id, %(beginning)s)
UNION
SELECT session_id FROM hooktrace.sessions WHERE starts_with(session_id, %(beginning)s)
LIMIT 1000
