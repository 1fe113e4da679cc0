-- close_session: ends a session of which nothing more will come, or all that is open of a program; an event that comes
-- after all opens a session again, or corrects the end.
UPDATE execution_traces
SET inferred_end = greatest(inferred_end, ROW(greatest(%(at)s, last_started_at), %(status)s, %(error_type)s, %(message)s)::hooktrace.ending),
    updated_at   = %(now)s
WHERE root_id = %(root_id)s AND status = 'in_progress'
  AND (correlation_id = %(correlation_id)s OR kind = 'task' AND session_id = %(session_id)s)
