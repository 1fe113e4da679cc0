-- cost: tokens and cost of the requests to the model in a period, by day, by project, by model and by agent; unpriced are those
-- whose price is not known.  One pass for the four of them.  A request belongs to the subagent
-- that made it, else to `main`, the main thread.
SELECT CASE WHEN grouping(day) = 0 THEN 'day' WHEN grouping(project) = 0 THEN 'project' WHEN grouping(model) = 0 THEN 'model'
            ELSE 'agent' END AS by,
       day, project, model, agent, count(*) AS requests, sum(input_tokens)::bigint AS input_tokens,
       sum(cache_read_tokens)::bigint AS cache_read_tokens, sum(cache_write_tokens)::bigint AS cache_write_tokens,
       sum(output_tokens)::bigint AS output_tokens, sum(cost_usd) AS cost_usd, count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced
FROM (
    SELECT (call.started_at AT TIME ZONE %(zone)s::text)::date AS day, call.project, call.model,
           CASE WHEN maker.correlation_id IS NULL THEN 'main' ELSE coalesce(maker.name, 'unknown') END AS agent,
           call.input_tokens, call.cache_read_tokens, call.cache_write_tokens, call.output_tokens, call.cost_usd
    FROM endpoint_calls AS call
    LEFT JOIN execution_traces AS maker
           ON maker.root_id = call.root_id AND maker.correlation_id = call.trace_id AND maker.kind = 'agent'
    WHERE call.model IS NOT NULL AND call.started_at >= %(since)s AND call.started_at < %(until)s
      AND (%(project)s::text IS NULL OR call.project = %(project)s) AND (%(user)s::text IS NULL OR call.user_id = %(user)s)
      AND (%(model)s::text IS NULL OR call.model = %(model)s)
) AS request
GROUP BY GROUPING SETS ((day), (project), (model), (agent))
ORDER BY day, cost_usd DESC NULLS LAST, project, model, agent
