-- tools: how often each tool was called in a period, how that ended, how long it ran, and how long it waited for a permission.
-- Of all projects and users these are the figures of tool_performance.
SELECT call.name                                                                       AS tool,
       count(*)                                                                        AS calls,
       count(*) FILTER (WHERE call.status = 'completed')                               AS succeeded,
       count(*) FILTER (WHERE call.status IN ('failed', 'timeout'))                    AS failed,
       count(*) FILTER (WHERE call.status = 'denied')                                  AS denied,
       count(*) FILTER (WHERE call.status = 'cancelled')                               AS cancelled,
       count(*) FILTER (WHERE call.status = 'in_progress')                             AS running,
       count(*) FILTER (WHERE call.status IN ('completed', 'failed', 'timeout'))       AS rated,
       count(*) FILTER (WHERE call.status IN ('failed', 'timeout'))::double precision
           / nullif(count(*) FILTER (WHERE call.status IN ('completed', 'failed', 'timeout')), 0) AS failure_rate,
       percentile_cont(0.5)  WITHIN GROUP (ORDER BY call.duration_ms)                  AS p50_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY call.duration_ms)                  AS p95_ms,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY call.duration_ms)                  AS p99_ms,
       count(call.duration_ms)                                                         AS timed,
       sum(call.duration_ms)::bigint                                                   AS total_ms,
       count(*) FILTER (WHERE call.waited_ms > 0)                                      AS waits,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY call.waited_ms) FILTER (WHERE call.waited_ms > 0) AS wait_p50_ms,
       (sum(call.waited_ms) FILTER (WHERE call.waited_ms > 0))::bigint                 AS waited_ms,
       max(call.started_at)                                                            AS last_started_at
FROM (
    SELECT name, status, duration_ms, started_at, (context #>> '{time,permission_ms}')::bigint AS waited_ms
    FROM execution_traces
    WHERE kind = 'tool' AND started_at >= %(since)s AND started_at < %(until)s
      AND (%(project)s::text IS NULL OR project = %(project)s) AND (%(user)s::text IS NULL OR user_id = %(user)s)
      AND (%(tool)s::text IS NULL OR name = %(tool)s)
    OFFSET 0  -- else the JSON of each call goes along into the sorting
) AS call
GROUP BY call.name
ORDER BY count(*) DESC, call.name
