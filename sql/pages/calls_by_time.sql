-- calls_by_time: the newest calls of one tool, or those that ended in one way, and what each was about; a page of them.
SELECT call.status, call.started_at, call.duration_ms, call.waited_ms, begun.about, call.error_type, call.error_message,
       call.project, call.session_id, call.execution_id
FROM (
    SELECT root_id, correlation_id AS execution_id, status, started_at, duration_ms, error_type,
           left(error_message, 500) AS error_message, (context #>> '{time,permission_ms}')::bigint AS waited_ms, project, session_id
    FROM execution_traces
    WHERE kind = 'tool' AND name = %(tool)s AND started_at >= %(since)s AND started_at < %(until)s
      AND (%(project)s::text IS NULL OR project = %(project)s) AND (%(user)s::text IS NULL OR user_id = %(user)s)
      AND (%(status)s::text IS NULL OR status = %(status)s)
      AND (%(after)s::timestamptz IS NULL OR (started_at, correlation_id) < (%(after)s::timestamptz, %(after_id)s::uuid))
    ORDER BY started_at DESC, correlation_id DESC
    LIMIT %(limit)s
) AS call
LEFT JOIN LATERAL (
    SELECT left(coalesce(event.file_path, hooktrace.subject_of(event.input_data)), 500) AS about
    FROM hook_executions AS event
    WHERE event.root_id = call.root_id AND event.trace_id = call.execution_id AND event.hook_type = 'PreToolUse'
    LIMIT 1
) AS begun ON true
ORDER BY call.started_at DESC, call.execution_id DESC
