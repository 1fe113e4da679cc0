-- calls_of_endpoint: the newest calls to one endpoint: an MCP tool, a host, a path of the model's API.
-- Subject: outside calls
SELECT call.started_at, call.service, call.status_code AS code, call.success, call.duration_ms, call.error_message,
       call.retry_count AS retries, call.method, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.endpoint = %(endpoint)s AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
