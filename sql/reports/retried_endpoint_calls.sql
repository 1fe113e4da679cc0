-- retried_endpoint_calls: the newest outside calls that took more than one try.
-- Subject: outside calls
SELECT call.started_at, call.retry_count AS retries, call.service, call.endpoint, call.status_code AS code,
       call.success, call.error_type, call.duration_ms, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.retry_count > 0 AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at DESC
LIMIT %(limit)s
