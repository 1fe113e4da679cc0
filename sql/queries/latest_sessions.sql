-- latest_sessions: the sessions that began last, each with what lies beneath it counted, and what it cost.  One of which only the end
-- is known is left out: the client's management commands (`claude mcp list`) fire a lone SessionEnd.  Among them the tasks
-- that began a tree: beneath such a one is all of its tree, the sessions of agents included, and for a prompt it has a name.
SELECT session.correlation_id, session.session_id, session.root_id, session.parent_id, session.kind, session.project,
       session.source, session.started_at, session.completed_at, session.duration_ms, session.status,
       count(*) FILTER (WHERE beneath.kind = 'prompt')                                   AS prompts,
       count(*) FILTER (WHERE beneath.kind = 'agent')                                    AS agents,
       count(*) FILTER (WHERE beneath.kind = 'tool')                                     AS tools,
       count(*) FILTER (WHERE beneath.kind = 'tool' AND beneath.status NOT IN ('completed', 'in_progress')) AS failed,
       greatest((SELECT sum(call.cost_usd) FROM endpoint_calls AS call WHERE call.session_id = session.session_id
                   OR session.kind = 'task' AND call.root_id = session.root_id),
                (SELECT CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END
                 FROM hooktrace.accounts AS run WHERE run.session_id = session.session_id))  AS cost_usd,
       CASE WHEN session.kind = 'task' THEN session.name
            ELSE (array_agg(beneath.prompt_text ORDER BY beneath.started_at) FILTER (WHERE beneath.prompt_text IS NOT NULL))[1]
       END AS first_prompt
FROM (
    (SELECT * FROM execution_traces AS begun
     WHERE kind = 'session'
       AND (start_observed OR EXISTS (SELECT FROM execution_traces AS beneath
                                      WHERE beneath.root_id = begun.root_id AND beneath.session_id = begun.session_id
                                        AND beneath.kind <> 'session'))
     ORDER BY started_at DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT * FROM execution_traces WHERE kind = 'task' AND parent_id IS NULL ORDER BY started_at DESC LIMIT %(limit)s)
    ORDER BY started_at DESC LIMIT %(limit)s
) AS session
LEFT JOIN execution_traces AS beneath
  ON beneath.root_id = session.root_id AND (beneath.session_id = session.session_id OR session.kind = 'task')
 AND beneath.kind <> 'session'
GROUP BY session.correlation_id, session.session_id, session.root_id, session.parent_id, session.kind, session.name,
         session.project, session.source, session.started_at, session.completed_at, session.duration_ms, session.status
ORDER BY session.started_at DESC
