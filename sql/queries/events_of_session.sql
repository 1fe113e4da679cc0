-- events_of_session: how many events of a session are stored.
SELECT count(*) AS events FROM hook_executions WHERE session_id = %(session_id)s
