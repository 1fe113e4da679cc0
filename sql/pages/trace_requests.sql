-- trace_requests: the requests to the model that the executions of a root made, in their order.
SELECT trace_id, started_at, completed_at, success, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
       cost_usd
FROM endpoint_calls
WHERE root_id = %(root_id)s AND model IS NOT NULL
ORDER BY started_at, id
