-- slowest_since: the tool calls since a time that took longest.
SELECT call.correlation_id, call.root_id, call.session_id, call.name, call.status, call.started_at, call.duration_ms,
       call.project, begun.subject
FROM (
    SELECT * FROM execution_traces
    WHERE kind = 'tool' AND started_at >= %(since)s AND duration_ms IS NOT NULL
    ORDER BY duration_ms DESC
    LIMIT %(limit)s
) AS call
LEFT JOIN LATERAL (
    SELECT coalesce(event.file_path, hooktrace.subject_of(event.input_data)) AS subject
    FROM hook_executions AS event
    WHERE event.root_id = call.root_id AND event.trace_id = call.correlation_id AND event.hook_type = 'PreToolUse'
      AND event.started_at >= call.started_at - interval '1 day'
    LIMIT 1
) AS begun ON true
ORDER BY call.duration_ms DESC
