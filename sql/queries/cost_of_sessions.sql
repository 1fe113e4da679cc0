-- cost_of_sessions: what the requests to each model have used in some sessions of a root, the dearest first.
SELECT call.model, count(*) AS requests, sum(call.input_tokens)::bigint AS input_tokens,
       sum(call.output_tokens)::bigint AS output_tokens, sum(call.cache_read_tokens)::bigint AS cache_read_tokens,
       sum(call.cache_write_tokens)::bigint AS cache_write_tokens, sum(call.cost_usd) AS cost_usd,
       count(*) FILTER (WHERE call.cost_usd IS NULL AND call.output_tokens > 0) AS unpriced
FROM endpoint_calls AS call
WHERE call.root_id = %(root_id)s AND call.session_id = ANY (%(session_ids)s) AND call.model IS NOT NULL
GROUP BY call.model
ORDER BY cost_usd DESC NULLS LAST, call.model
