-- latest_events: the newest events since a time, of one session or (NULL) of all, oldest first, each with what it was
-- about and the kind of subagent that it came from.
SELECT * FROM (
    SELECT event.id, event.started_at, event.session_id, event.root_id, event.trace_id AS execution_id, event.hook_type,
           event.tool_name, event.agent_id, event.metadata ->> 'agent_type' AS agent, event.status, event.duration_ms,
           event.error_message,
           left(coalesce(event.file_path, hooktrace.subject_of(event.input_data),
                         CASE WHEN jsonb_typeof(event.input_data) = 'string' THEN event.input_data #>> '{}' END), 1000) AS subject
    FROM hook_executions AS event
    WHERE event.started_at >= %(since)s AND (%(of_session)s::text IS NULL OR event.session_id = %(of_session)s)
    ORDER BY event.started_at DESC, event.id DESC
    LIMIT %(limit)s
) AS newest
ORDER BY started_at, id
