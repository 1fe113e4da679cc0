-- tree: every execution of a root, in the order in which they began; of a tool call also what it was about.
SELECT execution.correlation_id, parent_id, parent_certain, execution.root_id, execution.session_id, kind, name,
       execution.status, execution.started_at, completed_at, execution.duration_ms, error_type, execution.error_message,
       prompt_text, project, context, begun.subject
FROM execution_traces AS execution
LEFT JOIN LATERAL (
    SELECT coalesce(event.file_path, event.input_data ->> 'command', event.input_data ->> 'description',
                    event.input_data ->> 'pattern', event.input_data ->> 'url', event.input_data ->> 'query') AS subject
    FROM hook_executions AS event
    WHERE event.root_id = execution.root_id AND event.trace_id = execution.correlation_id AND event.hook_type = 'PreToolUse'
      AND execution.kind = 'tool'
    LIMIT 1
) AS begun ON true
WHERE execution.root_id = %(root_id)s
ORDER BY execution.started_at, kind, execution.correlation_id
