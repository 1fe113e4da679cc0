-- record_hook: stores one hook event; an event that is there already stays as it is.
-- Without a conflict target: the only form that an INSERT-only role under row-level security may use.
INSERT INTO hook_executions (
    id, root_id, trace_id, session_id, hook_type, hook_name, tool_name, tool_use_id, file_path, agent_id,
    started_at, duration_ms, status, input_data, output_data, error_message, metadata, created_at
) VALUES (
    %(id)s, %(root_id)s, %(trace_id)s, %(session_id)s, %(hook_type)s, %(hook_name)s, %(tool_name)s, %(tool_use_id)s,
    %(file_path)s, %(agent_id)s, %(started_at)s, %(duration_ms)s, %(status)s, %(input_data)s, %(output_data)s,
    %(error_message)s, %(metadata)s, %(now)s
)
ON CONFLICT DO NOTHING
