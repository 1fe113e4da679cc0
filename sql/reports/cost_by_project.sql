-- cost_by_project: tokens and cost of each project, the dearest first.
-- Subject: cost
SELECT call.project, count(*) AS requests, count(DISTINCT call.session_id) AS sessions,
       sum(call.input_tokens)::bigint AS input_tokens,
       sum(call.cache_read_tokens)::bigint AS cache_read_tokens,
       sum(call.cache_write_tokens)::bigint AS cache_write_tokens,
       sum(call.output_tokens)::bigint AS output_tokens, sum(call.cost_usd) AS cost_usd,
       count(*) FILTER (WHERE call.cost_usd IS NULL) AS unpriced
FROM endpoint_calls AS call
WHERE call.model IS NOT NULL AND call.started_at >= %(since)s AND call.started_at < %(until)s
GROUP BY call.project
ORDER BY cost_usd DESC NULLS LAST, call.project
LIMIT %(limit)s
