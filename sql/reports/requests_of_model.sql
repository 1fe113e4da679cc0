-- requests_of_model: the newest requests to one model, with tokens and cost.
-- Subject: cost
SELECT call.started_at, call.success, call.duration_ms, call.input_tokens, call.cache_read_tokens,
       call.cache_write_tokens, call.output_tokens, call.cost_usd, call.project, call.session_id,
       call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.model = %(model)s AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
