-- costly_projects: what the requests to each model cost each project since a time, the dearest first, with its dearest session.
SELECT spent.project, spent.model, sum(spent.requests)::bigint AS requests, count(*) AS sessions,
       sum(spent.tokens)::bigint AS tokens, sum(spent.cost_usd) AS cost_usd, sum(spent.unpriced)::bigint AS unpriced,
       (array_agg(spent.session_id ORDER BY spent.cost_usd DESC NULLS LAST, spent.session_id))[1] AS session_id
FROM (
    SELECT call.project, call.model, call.session_id, count(*) AS requests, sum(call.cost_usd) AS cost_usd,
           sum(coalesce(call.input_tokens, 0) + coalesce(call.output_tokens, 0) + coalesce(call.cache_read_tokens, 0)
               + coalesce(call.cache_write_tokens, 0)) AS tokens,
           count(*) FILTER (WHERE call.cost_usd IS NULL) AS unpriced
    FROM endpoint_calls AS call
    WHERE call.model IS NOT NULL AND call.started_at >= %(since)s
    GROUP BY call.project, call.model, call.session_id
) AS spent
GROUP BY spent.project, spent.model
ORDER BY cost_usd DESC NULLS LAST, spent.project, spent.model
LIMIT %(limit)s
