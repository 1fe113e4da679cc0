-- activity: how much happened on each day, the last one first.
-- Subject: overview
-- Default: since=7d
SELECT (execution.started_at AT TIME ZONE %(zone)s::text)::date      AS day,
       count(*) FILTER (WHERE execution.kind = 'session')            AS sessions,
       count(*) FILTER (WHERE execution.kind = 'prompt')             AS prompts,
       count(*) FILTER (WHERE execution.kind = 'task')               AS tasks,
       count(*) FILTER (WHERE execution.kind = 'agent')              AS agents,
       count(*) FILTER (WHERE execution.kind = 'tool')               AS tool_calls,
       count(*) FILTER (WHERE NOT execution.success)                 AS failed,
       count(DISTINCT execution.project)                             AS projects
FROM execution_traces AS execution
WHERE execution.started_at >= %(since)s AND execution.started_at < %(until)s
GROUP BY day
ORDER BY day DESC
LIMIT %(limit)s
