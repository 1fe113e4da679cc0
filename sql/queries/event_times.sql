-- event_times: when events of a session fired, in their order.
SELECT started_at FROM hook_executions WHERE session_id = %(session_id)s ORDER BY started_at
