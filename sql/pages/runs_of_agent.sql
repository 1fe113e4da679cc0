-- runs_of_agent: the newest runs of one agent, a page of them; those of the main thread are the prompts, and tell no name.
SELECT run.status, run.started_at, run.duration_ms, left(run.prompt_text, 500) AS prompt, left(run.error_message, 500) AS error_message,
       run.project, run.session_id, run.correlation_id AS execution_id
FROM execution_traces AS run
WHERE run.kind = CASE WHEN %(agent)s::text = 'main' THEN 'prompt' ELSE 'agent' END
  AND (run.kind = 'prompt' OR coalesce(run.name, 'unknown') = %(agent)s)
  AND run.started_at >= %(since)s AND run.started_at < %(until)s
  AND (%(project)s::text IS NULL OR run.project = %(project)s) AND (%(user)s::text IS NULL OR run.user_id = %(user)s)
  AND (%(after)s::timestamptz IS NULL OR (run.started_at, run.correlation_id) < (%(after)s::timestamptz, %(after_id)s::uuid))
ORDER BY run.started_at DESC, run.correlation_id DESC
LIMIT %(limit)s
