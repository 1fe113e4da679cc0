-- trace_executions: every execution of a root in the order in which they began, with as much text as a line holds.
SELECT execution.correlation_id, execution.parent_id, execution.parent_certain, execution.root_id, execution.session_id,
       execution.kind, execution.name, execution.status, execution.started_at, execution.completed_at,
       execution.duration_ms, execution.error_type, left(execution.error_message, 300) AS error_message,
       left(execution.prompt_text, 300) AS prompt_text, execution.project,
       execution.context -> 'time' AS time, execution.context ->> 'told_by' AS told_by,
       execution.context ->> 'prompted_by' AS prompted_by, own.start, own.resumed_at, own.capture, own.account_usd
FROM execution_traces AS execution
LEFT JOIN LATERAL (  -- what only a session has
    SELECT execution.context ->> 'start' AS start,
           CASE WHEN execution.last_started_at > execution.started_at THEN execution.last_started_at END AS resumed_at,
           (SELECT decided.context ->> 'capture' FROM hooktrace.sessions AS decided
            WHERE decided.session_id = execution.session_id) AS capture,
           (SELECT CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END
            FROM hooktrace.accounts AS run WHERE run.session_id = execution.session_id) AS account_usd
) AS own ON execution.kind = 'session'
WHERE execution.root_id = %(root_id)s
ORDER BY execution.started_at, execution.kind, execution.correlation_id
