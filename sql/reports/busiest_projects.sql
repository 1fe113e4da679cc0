-- busiest_projects: the projects in which most was asked.
-- Subject: sessions and prompts
SELECT execution.project,
       count(*) FILTER (WHERE execution.kind = 'session')                        AS sessions,
       count(*) FILTER (WHERE execution.kind = 'prompt')                         AS prompts,
       count(*) FILTER (WHERE execution.kind = 'tool')                           AS tool_calls,
       count(*) FILTER (WHERE execution.kind = 'tool' AND NOT execution.success) AS failed,
       (sum(execution.duration_ms) FILTER (WHERE execution.kind = 'prompt'))::bigint AS prompts_took_ms,
       max(execution.started_at)                                                 AS last_started_at
FROM execution_traces AS execution
WHERE execution.started_at >= %(since)s AND execution.started_at < %(until)s AND execution.project IS NOT NULL
GROUP BY execution.project
ORDER BY prompts DESC, execution.project
LIMIT %(limit)s
