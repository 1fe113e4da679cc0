-- slowest_endpoint_calls: the outside calls that took longest.
-- Subject: outside calls
SELECT call.duration_ms, call.service, call.endpoint, call.started_at, call.status_code AS code, call.success,
       call.retry_count AS retries, call.project, call.session_id, call.trace_id AS execution_id
FROM endpoint_calls AS call
WHERE call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.duration_ms DESC NULLS LAST
LIMIT %(limit)s
