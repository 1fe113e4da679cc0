-- failed_events: the newest events that tell of a failure.
-- Subject: events
SELECT event.started_at, event.hook_type AS event, event.status, event.tool_name AS tool, event.file_path AS file,
       event.error_message, event.session_id, event.trace_id AS execution_id
FROM hook_executions AS event
WHERE event.status NOT IN ('in_progress', 'completed')
  AND event.started_at >= %(since)s AND event.started_at < %(until)s
ORDER BY event.started_at DESC
LIMIT %(limit)s
