-- file_history: which calls touched a file, the newest first.
-- Subject: events
SELECT event.started_at, event.status, event.tool_name AS tool, event.duration_ms, event.error_message,
       event.agent_id, event.session_id, event.trace_id AS execution_id
FROM hook_executions AS event
WHERE event.file_path = %(file)s AND event.hook_type IN ('PostToolUse', 'PostToolUseFailure', 'PermissionDenied')
  AND event.started_at >= %(since)s AND event.started_at < %(until)s
ORDER BY event.started_at DESC
LIMIT %(limit)s
