-- tree: every execution of a root, in the order in which they began.
SELECT correlation_id, parent_id, parent_certain, root_id, session_id, kind, name, status, started_at, completed_at,
       duration_ms, error_type, error_message, prompt_text, project, context
FROM execution_traces
WHERE root_id = %(root_id)s
ORDER BY started_at, kind, correlation_id
