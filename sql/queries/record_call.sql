-- record_call: stores a call to something outside; what is told again of a request to the model is merged, since an
-- answer is read from its transcript in pieces.
INSERT INTO endpoint_calls AS known (
    id, root_id, trace_id, session_id, project, service, endpoint, method, started_at, completed_at, status_code,
    duration_ms, success, error_type, error_message, retry_count, model, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, cost_usd, metadata
) VALUES (
    %(id)s, %(root_id)s, %(trace_id)s, %(session_id)s, %(project)s, %(service)s, %(endpoint)s, %(method)s, %(started_at)s,
    %(completed_at)s, %(status_code)s, %(duration_ms)s, %(success)s, %(error_type)s, %(error_message)s, %(retry_count)s,
    %(model)s, %(input_tokens)s, %(output_tokens)s, %(cache_read_tokens)s, %(cache_write_tokens)s, %(cost_usd)s, %(metadata)s
)
ON CONFLICT (root_id, id) DO UPDATE SET
    started_at         = least(known.started_at, excluded.started_at),
    -- Where an earlier piece told the start, this one may tell the end.
    completed_at       = CASE WHEN known.completed_at IS NULL THEN excluded.completed_at
                              ELSE greatest(known.completed_at, %(last_told_at)s) END,
    duration_ms        = extract(epoch FROM CASE WHEN known.completed_at IS NULL THEN excluded.completed_at
                                                 ELSE greatest(known.completed_at, %(last_told_at)s) END
                                            - least(known.started_at, excluded.started_at)) * 1000,
    success            = coalesce(excluded.success, known.success),
    error_type         = coalesce(known.error_type, excluded.error_type),
    error_message      = coalesce(known.error_message, excluded.error_message),
    status_code        = coalesce(known.status_code, excluded.status_code),
    retry_count        = greatest(known.retry_count, excluded.retry_count),
    model              = coalesce(known.model, excluded.model),
    input_tokens       = greatest(known.input_tokens, excluded.input_tokens),
    output_tokens      = greatest(known.output_tokens, excluded.output_tokens),
    cache_read_tokens  = greatest(known.cache_read_tokens, excluded.cache_read_tokens),
    cache_write_tokens = greatest(known.cache_write_tokens, excluded.cache_write_tokens),
    cost_usd           = greatest(known.cost_usd, excluded.cost_usd),
    metadata           = known.metadata || excluded.metadata
                         || jsonb_strip_nulls(jsonb_build_object('tool_use_ids', (
                                SELECT jsonb_agg(DISTINCT asked ORDER BY asked)
                                FROM jsonb_array_elements_text(coalesce(known.metadata -> 'tool_use_ids', '[]')
                                                               || coalesce(excluded.metadata -> 'tool_use_ids', '[]')) AS asked)))
WHERE known.metadata ? 'message_id'
  AND (known.success, known.started_at, known.completed_at, known.output_tokens, known.metadata)
      IS DISTINCT FROM (excluded.success, excluded.started_at, excluded.completed_at, excluded.output_tokens, excluded.metadata)
