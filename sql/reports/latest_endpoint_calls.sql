-- latest_endpoint_calls: the newest calls to something outside: MCP tools, the web, the model.
-- Subject: outside calls
SELECT call.started_at, call.service, call.endpoint, call.status_code AS code, call.success, call.duration_ms,
       call.retry_count AS retries, call.method, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
