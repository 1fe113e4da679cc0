-- spent_on_prompts: the requests to the model of some prompts and what is beneath them: tokens, cost, and the model that was asked most.
WITH RECURSIVE beneath AS (
    SELECT asked.root_id, asked.correlation_id AS prompt_id, asked.correlation_id
    FROM unnest(%(root_ids)s::uuid[], %(correlation_ids)s::uuid[]) AS asked (root_id, correlation_id)
    UNION
    SELECT child.root_id, beneath.prompt_id, child.correlation_id
    FROM beneath
    JOIN execution_traces AS child
      ON child.root_id = beneath.root_id AND child.parent_id = beneath.correlation_id AND child.kind IN ('tool', 'agent')
)
SELECT beneath.prompt_id, coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
       coalesce(sum(output_tokens), 0)::bigint AS output_tokens, sum(cost_usd) AS cost_usd,
       mode() WITHIN GROUP (ORDER BY request.model) FILTER (WHERE beneath.correlation_id = beneath.prompt_id) AS model
FROM beneath
JOIN endpoint_calls AS request ON request.root_id = beneath.root_id AND request.trace_id = beneath.correlation_id
WHERE request.model IS NOT NULL
GROUP BY beneath.prompt_id
