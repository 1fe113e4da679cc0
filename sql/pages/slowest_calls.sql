-- slowest_calls: the tool calls of a period that ran longest, and what each was about.
SELECT call.tool, call.status, call.started_at, call.duration_ms, call.waited_ms, begun.about, call.project,
       call.session_id, call.execution_id
FROM (
    SELECT root_id, correlation_id AS execution_id, name AS tool, status, started_at, duration_ms,
           (context #>> '{time,permission_ms}')::bigint AS waited_ms, project, session_id
    FROM execution_traces
    WHERE kind = 'tool' AND duration_ms IS NOT NULL AND started_at >= %(since)s AND started_at < %(until)s
      AND (%(project)s::text IS NULL OR project = %(project)s) AND (%(user)s::text IS NULL OR user_id = %(user)s)
    ORDER BY duration_ms DESC, correlation_id DESC
    LIMIT %(limit)s
) AS call
LEFT JOIN LATERAL (
    SELECT left(coalesce(event.file_path, hooktrace.subject_of(event.input_data)), 500) AS about
    FROM hook_executions AS event
    WHERE event.root_id = call.root_id AND event.trace_id = call.execution_id AND event.hook_type = 'PreToolUse'
    LIMIT 1
) AS begun ON true
ORDER BY call.duration_ms DESC, call.execution_id DESC
