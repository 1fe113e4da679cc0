-- failing_tools: the tools that failed most often since a time, of how many calls that ended, each with its last failure.
SELECT tool, failed, calls, 100.0 * failed / calls AS failure_rate_pct, denied, last_message, last_failure_id
FROM (
    SELECT call.name AS tool,
           count(*) FILTER (WHERE call.status IN ('failed', 'timeout'))              AS failed,
           count(*) FILTER (WHERE call.status IN ('completed', 'failed', 'timeout')) AS calls,
           count(*) FILTER (WHERE call.status = 'denied')                            AS denied,
           (array_agg(call.error_message ORDER BY call.started_at DESC, call.correlation_id)
               FILTER (WHERE call.status IN ('failed', 'timeout')))[1]               AS last_message,
           (array_agg(call.correlation_id ORDER BY call.started_at DESC, call.correlation_id)
               FILTER (WHERE call.status IN ('failed', 'timeout')))[1]               AS last_failure_id
    FROM execution_traces AS call
    WHERE call.kind = 'tool' AND call.started_at >= %(since)s
    GROUP BY call.name
) AS counted
WHERE failed > 0
ORDER BY failed DESC, tool
LIMIT %(limit)s
