-- executions_to_send: executions of some sessions that have ended and were not sent, or were begun again since, with what
-- their spans need: events, the call outside that they are, the trace of the caller that the tree may belong to, and, where
-- all is sent again, the runs that were sent.
SELECT ended.root_id, ended.correlation_id, ended.parent_id, ended.session_id, ended.source, ended.kind, ended.name,
       ended.status, ended.error_type, ended.error_message, ended.prompt_text, ended.project, ended.context,
       ended.started_at, ended.last_started_at, ended.ended_at, ended.sent_until,
       root.context ->> 'traceparent' AS root_traceparent, root.context ->> 'entrypoint' AS root_entrypoint,
       decided.context ->> 'capture' = 'no-content' AS omits_content,
       told.events, outside.call, before.sent_runs,
       CASE WHEN ended.kind = 'session' THEN decided.context ->> 'forked_from' END AS forked_from, origin.root_id AS forked_from_root
FROM (
    SELECT execution.*, coalesce(completed_at, started_at) AS ended_at, sent.until AS sent_until
    FROM execution_traces AS execution
    LEFT JOIN LATERAL (SELECT max(ended_at) AS until FROM hooktrace.exports AS known
                       WHERE known.root_id = execution.root_id AND known.id = execution.correlation_id) AS sent ON true
    WHERE execution.session_id = ANY (%(session_ids)s) AND execution.user_id = session_user
      AND execution.status <> 'in_progress' AND execution.updated_at > %(changed_since)s AND execution.updated_at <= %(settled_before)s
      AND coalesce(completed_at, started_at) BETWEEN %(since)s AND %(settled_before)s
      AND (%(again)s OR sent.until IS NULL OR execution.last_started_at > sent.until)
    ORDER BY coalesce(completed_at, started_at), execution.correlation_id
    LIMIT %(batch)s
) AS ended
LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = ended.session_id
LEFT JOIN hooktrace.sessions AS origin ON origin.session_id = decided.context ->> 'forked_from'
LEFT JOIN execution_traces AS root
  ON root.root_id = ended.root_id AND root.correlation_id = ended.root_id AND root.kind = 'session'
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'name', event.hook_type, 'at', event.started_at, 'status', event.status, 'agent_id', event.agent_id,
               'tool_use_id', event.tool_use_id,
               'input', CASE WHEN %(content)s AND event.hook_type = 'PreToolUse' THEN event.input_data END,
               'output', CASE WHEN %(content)s AND event.hook_type LIKE 'PostToolUse%%' THEN event.output_data END)
               ORDER BY event.started_at, event.id) AS events
    FROM (SELECT * FROM hook_executions AS any_event
          WHERE any_event.root_id = ended.root_id AND any_event.trace_id = ended.correlation_id
            AND any_event.started_at <= %(settled_before)s
          ORDER BY any_event.started_at LIMIT %(most_events)s) AS event
) AS told ON true
LEFT JOIN LATERAL (
    SELECT jsonb_build_object('service', call.service, 'endpoint', call.endpoint, 'method', call.method,
                              'status_code', call.status_code) AS call
    FROM endpoint_calls AS call
    WHERE ended.kind = 'tool' AND call.root_id = ended.root_id AND call.trace_id = ended.correlation_id AND call.model IS NULL
    LIMIT 1
) AS outside ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('began_at', run.began_at, 'ended_at', run.ended_at, 'status', run.status,
                                        'error_type', run.error_type) ORDER BY run.ended_at) AS sent_runs
    FROM hooktrace.exports AS run
    WHERE %(again)s AND run.root_id = ended.root_id AND run.id = ended.correlation_id AND run.began_at IS NOT NULL
) AS before ON true
ORDER BY ended.ended_at, ended.correlation_id
