-- cost_by_day: tokens and cost of each day, the last one first; unpriced are the requests whose price is not known.
-- Subject: cost
SELECT (call.started_at AT TIME ZONE %(zone)s::text)::date AS day,
       count(*) AS requests, sum(call.input_tokens)::bigint AS input_tokens,
       sum(call.cache_read_tokens)::bigint AS cache_read_tokens,
       sum(call.cache_write_tokens)::bigint AS cache_write_tokens,
       sum(call.output_tokens)::bigint AS output_tokens, sum(call.cost_usd) AS cost_usd,
       count(*) FILTER (WHERE call.cost_usd IS NULL) AS unpriced
FROM endpoint_calls AS call
WHERE call.model IS NOT NULL AND call.started_at >= %(since)s AND call.started_at < %(until)s
GROUP BY day
ORDER BY day DESC
LIMIT %(limit)s
