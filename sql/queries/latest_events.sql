-- latest_events: the newest events since a time, oldest first.
SELECT * FROM (
    SELECT event.id, event.started_at, event.session_id, event.hook_type, event.tool_name, event.agent_id, event.status,
           event.file_path, event.error_message, event.input_data, event.duration_ms
    FROM hook_executions AS event
    WHERE event.started_at >= %(since)s
    ORDER BY event.started_at DESC, event.id DESC
    LIMIT %(limit)s
) AS newest
ORDER BY started_at, id
