-- latest_failures: the tool calls of a period that failed last, were refused or broken off.
SELECT call.correlation_id AS execution_id, call.started_at, call.name AS tool, call.status, call.error_type,
       left(call.error_message, 500) AS error_message, call.project, call.session_id
FROM execution_traces AS call
WHERE NOT call.success AND call.kind = 'tool' AND call.started_at >= %(since)s AND call.started_at < %(until)s
  AND (%(project)s::text IS NULL OR call.project = %(project)s) AND (%(user)s::text IS NULL OR call.user_id = %(user)s)
  AND (%(tool)s::text IS NULL OR call.name = %(tool)s)
ORDER BY call.started_at DESC
LIMIT %(limit)s
