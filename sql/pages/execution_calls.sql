-- execution_calls: the calls to something outside that one execution made, requests to the model among them.
SELECT call.id, call.started_at, call.completed_at, call.duration_ms, call.service, call.endpoint, call.status_code,
       call.success, call.error_type, call.error_message, call.retry_count, call.model, call.input_tokens,
       call.output_tokens, call.cache_read_tokens, call.cache_write_tokens, call.cost_usd
FROM endpoint_calls AS call
WHERE call.trace_id = %(correlation_id)s AND call.root_id = %(root_id)s
  AND (%(after)s::timestamptz IS NULL OR (call.started_at, call.id) > (%(after)s::timestamptz, %(after_id)s::uuid))
ORDER BY call.started_at, call.id
LIMIT %(limit)s
