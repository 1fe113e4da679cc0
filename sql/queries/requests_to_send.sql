-- requests_to_send: requests to the model of some sessions that were not sent, of executions that have ended: until then
-- more of an answer may be read from the transcript.
SELECT request.root_id, request.id, request.trace_id, request.session_id, request.service, request.model,
       request.started_at, request.ended_at, request.success, request.error_type, request.error_message,
       request.status_code, request.retry_count, request.input_tokens, request.output_tokens, request.cache_read_tokens,
       request.cache_write_tokens, request.cost_usd, request.metadata,
       root.context ->> 'traceparent' AS root_traceparent, root.context ->> 'entrypoint' AS root_entrypoint,
       decided.context ->> 'capture' = 'no-content' AS omits_content
FROM (
    SELECT call.*, coalesce(call.completed_at, call.started_at) AS ended_at
    FROM endpoint_calls AS call
    JOIN execution_traces AS maker ON maker.root_id = call.root_id AND maker.correlation_id = call.trace_id
    WHERE call.session_id = ANY (%(session_ids)s) AND call.user_id = session_user AND call.model IS NOT NULL
      AND maker.status <> 'in_progress' AND maker.updated_at <= %(settled_before)s
      AND (maker.updated_at > %(changed_since)s OR call.created_at > %(changed_since)s)
      AND coalesce(call.completed_at, call.started_at) BETWEEN %(since)s AND %(settled_before)s
      AND (%(again)s OR NOT EXISTS (SELECT FROM hooktrace.exports AS sent
                                    WHERE sent.root_id = call.root_id AND sent.id = call.id))
    ORDER BY coalesce(call.completed_at, call.started_at), call.id
    LIMIT %(batch)s
) AS request
LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = request.session_id
LEFT JOIN execution_traces AS root
  ON root.root_id = request.root_id AND root.correlation_id = request.root_id AND root.kind = 'session'
ORDER BY request.ended_at, request.id
