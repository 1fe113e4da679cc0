-- remove_session: deletes a session's executions; its events go with them.
DELETE FROM execution_traces WHERE session_id = %(session_id)s
