-- failed_endpoint_calls: the newest outside calls that failed.
-- Subject: outside calls
SELECT call.started_at, call.service, call.endpoint, call.status_code AS code, call.error_message, call.error_type,
       call.duration_ms, call.retry_count AS retries, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE NOT call.success AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
