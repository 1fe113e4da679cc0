-- prompts_of_calls: the prompt in which each of some calls was made, with what the whole prompt cost: it and all that is
-- beneath it, but for agents that were started from its shell, whose prompts have their own.
WITH RECURSIVE around AS (
    SELECT call.correlation_id AS call_id, call.root_id, call.correlation_id, call.parent_id, call.kind
    FROM unnest(%(root_ids)s::uuid[], %(call_ids)s::uuid[]) AS asked (root_id, call_id)
    JOIN execution_traces AS call ON call.root_id = asked.root_id AND call.correlation_id = asked.call_id
    UNION
    SELECT around.call_id, above.root_id, above.correlation_id, above.parent_id, above.kind
    FROM around
    JOIN execution_traces AS above ON above.root_id = around.root_id AND above.correlation_id = around.parent_id
    WHERE around.kind <> 'prompt'
), beneath AS (
    SELECT root_id, correlation_id AS prompt_id, correlation_id FROM around WHERE kind = 'prompt'
    UNION
    SELECT child.root_id, beneath.prompt_id, child.correlation_id
    FROM beneath
    JOIN execution_traces AS child ON child.root_id = beneath.root_id AND child.parent_id = beneath.correlation_id
    WHERE child.kind <> 'session'
), spent AS (
    SELECT beneath.root_id, beneath.prompt_id, sum(request.cost_usd) AS cost_usd
    FROM beneath
    JOIN endpoint_calls AS request ON request.root_id = beneath.root_id AND request.trace_id = beneath.correlation_id
    GROUP BY beneath.root_id, beneath.prompt_id
)
SELECT around.call_id, prompt.correlation_id AS prompt_id, prompt.session_id, prompt.started_at, prompt.duration_ms,
       prompt.status, prompt.prompt_text, spent.cost_usd
FROM around
JOIN execution_traces AS prompt ON prompt.root_id = around.root_id AND prompt.correlation_id = around.correlation_id
LEFT JOIN spent ON spent.root_id = prompt.root_id AND spent.prompt_id = prompt.correlation_id
WHERE around.kind = 'prompt'
