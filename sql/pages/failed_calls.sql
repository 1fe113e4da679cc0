-- failed_calls: some failed tool calls by their ids, as far as they are still there, the newest first.
SELECT call.correlation_id AS execution_id, call.started_at, call.name AS tool, call.status, call.duration_ms, call.project,
       left(call.error_message, 2000) AS error_message, call.session_id
FROM execution_traces AS call
WHERE call.correlation_id = ANY (%(ids)s::uuid[]) AND call.kind = 'tool' AND NOT call.success
ORDER BY call.started_at DESC, call.correlation_id DESC
