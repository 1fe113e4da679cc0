-- failures: what failed last, tool calls, prompts and subagents alike.
-- Subject: failures
SELECT failure.started_at, failure.status, failure.kind, failure.name, failure.error_message, failure.duration_ms,
       failure.error_type, failure.project, failure.session_id, failure.correlation_id AS execution_id
FROM execution_traces AS failure
WHERE NOT failure.success AND failure.started_at >= %(since)s AND failure.started_at < %(until)s
ORDER BY failure.started_at DESC
LIMIT %(limit)s
