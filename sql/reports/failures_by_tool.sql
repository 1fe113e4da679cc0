-- failures_by_tool: how often each tool failed, and in which way.
-- Subject: failures
SELECT failure.name AS tool, failure.status, failure.error_type, count(*) AS failures,
       count(DISTINCT failure.session_id) AS sessions, max(failure.started_at) AS last_started_at,
       (array_agg(failure.error_message ORDER BY failure.started_at DESC)
           FILTER (WHERE failure.error_message IS NOT NULL))[1] AS last_message
FROM execution_traces AS failure
WHERE NOT failure.success AND failure.kind = 'tool'
  AND failure.started_at >= %(since)s AND failure.started_at < %(until)s
GROUP BY failure.name, failure.status, failure.error_type
ORDER BY failures DESC, failure.name, failure.status, failure.error_type
LIMIT %(limit)s
