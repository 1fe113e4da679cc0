-- sessions_of_project: the newest sessions of a project.
-- Subject: sessions and prompts
SELECT session.started_at, session.status, session.duration_ms, counted.first_prompt, counted.prompts,
       counted.tool_calls, counted.failed, session.source, session.user_id, session.session_id
FROM execution_traces AS session
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE beneath.kind = 'prompt')                         AS prompts,
           count(*) FILTER (WHERE beneath.kind = 'tool')                           AS tool_calls,
           count(*) FILTER (WHERE beneath.kind = 'tool' AND NOT beneath.success)   AS failed,
           (array_agg(beneath.prompt_text ORDER BY beneath.started_at)
               FILTER (WHERE beneath.prompt_text IS NOT NULL))[1]                  AS first_prompt
    FROM execution_traces AS beneath
    WHERE beneath.root_id = session.root_id AND beneath.session_id = session.session_id
) AS counted
WHERE session.kind = 'session' AND session.project = %(project)s
  AND session.started_at >= %(since)s AND session.started_at < %(until)s
ORDER BY session.started_at DESC
LIMIT %(limit)s
