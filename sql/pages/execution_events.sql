-- execution_events: the events that told of one execution, in their order, from one of them on.
SELECT event.id, event.started_at, event.hook_type, event.hook_name, event.tool_name, event.tool_use_id, event.agent_id,
       event.file_path, event.status, event.duration_ms, event.error_message, event.input_data, event.output_data,
       event.metadata
FROM hook_executions AS event
WHERE event.root_id = %(root_id)s AND event.trace_id = %(correlation_id)s
  AND event.started_at >= %(since)s
  AND (%(after)s::timestamptz IS NULL OR (event.started_at, event.id) > (%(after)s::timestamptz, %(after_id)s::uuid))
ORDER BY event.started_at, event.id
LIMIT %(limit)s
