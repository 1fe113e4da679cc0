-- calls_of_service: the newest calls to one service: an MCP server, the web, the model's provider.
-- Subject: outside calls
SELECT call.started_at, call.endpoint, call.status_code AS code, call.success, call.duration_ms, call.error_message,
       call.retry_count AS retries, call.method, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.service = %(service)s AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
