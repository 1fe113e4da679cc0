-- trace_requests: what each execution of a root used of the model, and when its requests ran: from and to, in Unix
-- seconds; of a request whose sending was not told (untimed), both are its answer's.
SELECT trace_id,
       count(*)                                                               AS requests,
       sum(input_tokens)                                                      AS input_tokens,
       sum(output_tokens)                                                     AS output_tokens,
       sum(cache_read_tokens)                                                 AS cache_read_tokens,
       sum(cache_write_tokens)                                                AS cache_write_tokens,
       sum(cost_usd)                                                          AS cost_usd,
       count(*) FILTER (WHERE cost_usd IS NULL AND output_tokens > 0)         AS unpriced,
       count(*) FILTER (WHERE completed_at IS NULL)                           AS untimed,
       json_agg(json_build_array(extract(epoch FROM started_at),
                                 extract(epoch FROM coalesce(completed_at, started_at))) ORDER BY started_at) AS spans
FROM endpoint_calls
WHERE root_id = %(root_id)s AND model IS NOT NULL
GROUP BY trace_id
