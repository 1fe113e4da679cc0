-- endpoint_calls_of_execution: the outside calls made in one prompt, subagent or tool call, in their order.
-- Subject: outside calls
SELECT call.started_at, call.service, call.endpoint, call.status_code AS code, call.success, call.duration_ms,
       call.retry_count AS retries, call.error_message, call.model, call.input_tokens, call.output_tokens,
       call.cost_usd, call.session_id
FROM endpoint_calls AS call
WHERE call.trace_id = %(execution)s
ORDER BY call.started_at
LIMIT %(limit)s
