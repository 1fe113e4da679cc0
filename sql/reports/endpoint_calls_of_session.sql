-- endpoint_calls_of_session: the outside calls made in one session, in their order.
-- Subject: outside calls
SELECT call.started_at, call.service, call.endpoint, call.status_code AS code, call.success, call.duration_ms,
       call.retry_count AS retries, call.error_message, call.model, call.input_tokens, call.output_tokens,
       call.cost_usd, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.session_id = %(session)s AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at
LIMIT %(limit)s
