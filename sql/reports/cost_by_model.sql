-- cost_by_model: tokens and cost of each model, the dearest first.
-- Subject: cost
SELECT call.model, count(*) AS requests, sum(call.input_tokens)::bigint AS input_tokens,
       sum(call.cache_read_tokens)::bigint AS cache_read_tokens,
       sum(call.cache_write_tokens)::bigint AS cache_write_tokens,
       sum(call.output_tokens)::bigint AS output_tokens, sum(call.cost_usd) AS cost_usd,
       count(*) FILTER (WHERE call.cost_usd IS NULL) AS unpriced, max(call.started_at) AS last_started_at
FROM endpoint_calls AS call
WHERE call.model IS NOT NULL AND call.started_at >= %(since)s AND call.started_at < %(until)s
GROUP BY call.model
ORDER BY cost_usd DESC NULLS LAST, call.model
LIMIT %(limit)s
