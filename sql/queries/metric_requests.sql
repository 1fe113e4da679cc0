-- metric_requests: the requests to a model that began since a time, of this login alone or of all, by service, model and
-- outcome: number, time, tokens, cost.
SELECT service, model, coalesce(success, true) AS success, count(*) AS requests,
       coalesce(sum(duration_ms), 0)::double precision / 1000 AS seconds,
       coalesce(sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)), 0)::bigint AS input,
       coalesce(sum(output_tokens), 0)::bigint AS output, coalesce(sum(cost_usd), 0)::double precision AS usd
FROM endpoint_calls
WHERE model IS NOT NULL AND started_at >= %(since)s
  AND (NOT %(own)s OR user_id = session_user)
GROUP BY 1, 2, 3
