-- sessions_to_send: the sessions of this login that may have something to send: those that are open, or began or ended
-- since a time, or of which an event came since.
SELECT session_id FROM execution_traces
WHERE kind = 'session' AND user_id = session_user
  AND (status = 'in_progress' OR started_at >= %(since)s OR completed_at >= %(since)s)
UNION
SELECT session_id FROM hook_executions WHERE started_at >= %(since)s AND user_id = session_user
