-- events_of_session: the events of one session, in their order.
-- Subject: events
SELECT event.started_at, event.hook_type AS event, event.status, event.tool_name AS tool, event.file_path AS file,
       event.error_message, event.duration_ms, event.agent_id, event.trace_id AS execution_id, event.id AS event_id
FROM hook_executions AS event
WHERE event.session_id = %(session)s AND event.started_at >= %(since)s AND event.started_at < %(until)s
ORDER BY event.started_at
LIMIT %(limit)s
