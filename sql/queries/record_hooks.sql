-- record_hooks: stores a batch of hook events; one that is there already stays as it is.
-- Without a conflict target: the only form that an INSERT-only role under row-level security may use.
INSERT INTO hook_executions (
    id, root_id, trace_id, session_id, hook_type, hook_name, tool_name, tool_use_id, file_path, agent_id,
    started_at, duration_ms, status, input_data, output_data, error_message, metadata, created_at
)
SELECT id, root_id, trace_id, session_id, hook_type, hook_name, tool_name, tool_use_id, file_path, agent_id,
       started_at, duration_ms, status, input_data, output_data, error_message, metadata, %(now)s
FROM json_to_recordset(%(told)s) AS told (
    id uuid, root_id uuid, trace_id uuid, session_id text, hook_type text, hook_name text, tool_name text,
    tool_use_id text, file_path text, agent_id text, started_at timestamptz, duration_ms bigint, status text,
    input_data jsonb, output_data jsonb, error_message text, metadata jsonb
)
ON CONFLICT DO NOTHING
