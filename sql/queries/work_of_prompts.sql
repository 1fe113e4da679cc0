-- work_of_prompts: the tool calls and subagents of some prompts, with what each call was given, as far as that is kept;
-- where that is large only what the call was about.
WITH RECURSIVE beneath AS (
    SELECT asked.root_id, asked.correlation_id AS prompt_id, asked.correlation_id, NULL::uuid AS agent_id, NULL::text AS agent
    FROM unnest(%(root_ids)s::uuid[], %(correlation_ids)s::uuid[]) AS asked (root_id, correlation_id)
    UNION
    SELECT child.root_id, beneath.prompt_id, child.correlation_id,
           CASE WHEN child.kind = 'agent' THEN child.correlation_id ELSE beneath.agent_id END,
           CASE WHEN child.kind = 'agent' THEN coalesce(child.name, '') ELSE beneath.agent END
    FROM beneath
    JOIN execution_traces AS child
      ON child.root_id = beneath.root_id AND child.parent_id = beneath.correlation_id AND child.kind IN ('tool', 'agent')
)
SELECT beneath.prompt_id, work.kind, work.correlation_id, work.name, work.status, work.error_type, work.error_message,
       work.started_at, work.completed_at, beneath.agent,
       CASE WHEN work.kind = 'agent' THEN above.agent_id END AS parent_agent,
       given.input_data, answered.background
FROM beneath
JOIN execution_traces AS work ON work.root_id = beneath.root_id AND work.correlation_id = beneath.correlation_id
LEFT JOIN beneath AS above
  ON above.prompt_id = beneath.prompt_id AND above.root_id = work.root_id AND above.correlation_id = work.parent_id
LEFT JOIN LATERAL (
    SELECT CASE WHEN pg_column_size(event.input_data) <= 16384 THEN event.input_data
                ELSE jsonb_strip_nulls(jsonb_build_object(
                    'command', left(event.input_data ->> 'command', 20000), 'file_path', event.input_data -> 'file_path',
                    'notebook_path', event.input_data -> 'notebook_path', 'subagent_type', event.input_data -> 'subagent_type'))
           END AS input_data
    FROM hook_executions AS event
    WHERE event.root_id = work.root_id AND event.trace_id = work.correlation_id AND work.kind = 'tool'
      AND event.started_at BETWEEN work.started_at - interval '1 day' AND coalesce(work.completed_at, work.started_at) + interval '1 day'
      AND event.hook_type IN ('PreToolUse', 'PostToolUse', 'PostToolUseFailure') AND event.input_data IS NOT NULL
    ORDER BY event.hook_type DESC LIMIT 1
) AS given ON true
LEFT JOIN LATERAL (
    SELECT event.output_data ? 'backgroundTaskId' AS background FROM hook_executions AS event
    WHERE event.root_id = work.root_id AND event.trace_id = work.correlation_id AND work.kind = 'tool'
      AND event.started_at BETWEEN work.started_at - interval '1 day' AND coalesce(work.completed_at, work.started_at) + interval '1 day'
      AND event.hook_type = 'PostToolUse' AND jsonb_typeof(event.output_data) = 'object' LIMIT 1
) AS answered ON true
WHERE beneath.correlation_id <> beneath.prompt_id
ORDER BY beneath.prompt_id, work.started_at, work.correlation_id
