-- running_now: the sessions that are open, the newest first, each with what runs in it and what that is about.
SELECT execution.correlation_id, execution.parent_id, execution.root_id, execution.session_id, execution.kind,
       execution.name, execution.status, execution.started_at, execution.prompt_text, execution.project, execution.source,
       execution.permission_asked_at, begun.subject
FROM (
    SELECT root_id, session_id, started_at FROM execution_traces
    WHERE status = 'in_progress' AND kind IN ('session', 'task')
    ORDER BY started_at DESC
    LIMIT %(limit)s
) AS session
JOIN execution_traces AS execution
  ON execution.root_id = session.root_id AND execution.session_id = session.session_id AND execution.status = 'in_progress'
LEFT JOIN LATERAL (
    SELECT coalesce(event.file_path, hooktrace.subject_of(event.input_data)) AS subject
    FROM hook_executions AS event
    WHERE event.root_id = execution.root_id AND event.trace_id = execution.correlation_id AND event.hook_type = 'PreToolUse'
      AND event.started_at >= execution.started_at - interval '1 day' AND execution.kind = 'tool'
    LIMIT 1
) AS begun ON true
ORDER BY execution.started_at
