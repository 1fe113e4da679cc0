-- tree: every execution of a root, in the order in which they began; of a tool call also what it was about, of a
-- session how much is kept if that is not all, and of each what the requests to the model that it made itself have used.
SELECT execution.correlation_id, parent_id, parent_certain, execution.root_id, execution.session_id, kind, name,
       execution.status, execution.started_at, completed_at, execution.duration_ms, error_type, execution.error_message,
       prompt_text, project, context, begun.subject,
       context -> 'time' AS time, used.*, account.account_usd,
       (SELECT decided.context ->> 'capture' FROM hooktrace.sessions AS decided
        WHERE execution.kind = 'session' AND decided.session_id = execution.session_id) AS capture
FROM execution_traces AS execution
LEFT JOIN LATERAL (
    SELECT coalesce(event.file_path, hooktrace.subject_of(event.input_data)) AS subject
    FROM hook_executions AS event
    WHERE event.root_id = execution.root_id AND event.trace_id = execution.correlation_id AND event.hook_type = 'PreToolUse'
      AND execution.kind = 'tool'
    LIMIT 1
) AS begun ON true
LEFT JOIN LATERAL (
    SELECT count(*)                     AS requests,
           sum(call.input_tokens)       AS input_tokens,
           sum(call.output_tokens)      AS output_tokens,
           sum(call.cache_read_tokens)  AS cache_read_tokens,
           sum(call.cache_write_tokens) AS cache_write_tokens,
           sum(call.cost_usd)           AS cost_usd,
           count(*) FILTER (WHERE call.cost_usd IS NULL AND call.output_tokens > 0) AS unpriced
    FROM endpoint_calls AS call
    WHERE call.root_id = execution.root_id AND call.trace_id = execution.correlation_id AND call.model IS NOT NULL
      AND execution.kind <> 'tool'
) AS used ON true
LEFT JOIN LATERAL (  -- the agent's own account, where it is whole and of this session alone
    SELECT CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END AS account_usd
    FROM hooktrace.accounts AS run
    WHERE execution.kind = 'session' AND run.session_id = execution.session_id
) AS account ON true
WHERE execution.root_id = %(root_id)s
ORDER BY execution.started_at, kind, execution.correlation_id
