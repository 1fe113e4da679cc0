-- dearest_requests: the requests to a model that cost most.
-- Subject: cost
SELECT call.cost_usd, call.model, call.started_at, call.input_tokens, call.cache_read_tokens, call.cache_write_tokens,
       call.output_tokens, call.duration_ms, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.cost_usd IS NOT NULL AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.cost_usd DESC
LIMIT %(limit)s
