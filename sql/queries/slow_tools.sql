-- slow_tools: the tools whose calls since a time took longest, by the 95th percentile, each with its slowest call.
SELECT call.name AS tool, count(*) AS calls,
       percentile_cont(0.5)  WITHIN GROUP (ORDER BY call.duration_ms) AS p50_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY call.duration_ms) AS p95_ms,
       max(call.duration_ms) AS longest_ms, sum(call.duration_ms)::bigint AS total_ms,
       (array_agg(call.correlation_id ORDER BY call.duration_ms DESC, call.correlation_id))[1] AS slowest_id
FROM execution_traces AS call
WHERE call.kind = 'tool' AND call.duration_ms IS NOT NULL AND call.started_at >= %(since)s
GROUP BY call.name
ORDER BY p95_ms DESC, call.name
LIMIT %(limit)s
