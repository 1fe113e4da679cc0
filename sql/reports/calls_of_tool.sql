-- calls_of_tool: the newest calls of one tool, and what each was about.
-- Subject: tools
SELECT call.started_at, call.status, call.duration_ms, call.project, begun.about, call.error_message,
       call.session_id, call.correlation_id AS execution_id
FROM execution_traces AS call
LEFT JOIN LATERAL (
    SELECT coalesce(event.file_path, hooktrace.subject_of(event.input_data)) AS about
    FROM hook_executions AS event
    WHERE event.root_id = call.root_id AND event.trace_id = call.correlation_id AND event.hook_type = 'PreToolUse'
    LIMIT 1
) AS begun ON true
WHERE call.kind = 'tool' AND call.name = %(tool)s AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
