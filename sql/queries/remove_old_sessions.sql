-- remove_old_sessions: forgets to which tree old sessions belonged of which nothing is left, at most so many at once.
DELETE FROM hooktrace.sessions WHERE session_id IN (
    SELECT session_id FROM hooktrace.sessions AS session
    WHERE created_at < %(before)s
      AND NOT EXISTS (SELECT FROM execution_traces AS left_over WHERE left_over.root_id = session.root_id)
    LIMIT %(batch)s)
