-- edits_of_files: the calls of some tools that were about some files and began in a period, the oldest first.  What an
-- import knows of a call's file stands with the call itself.
SELECT call.started_at, call.name AS tool, call.status, call.error_type, touched.path, call.session_id, call.root_id,
       call.correlation_id AS call_id
FROM (
    SELECT root_id, trace_id AS call_id, file_path AS path
    FROM hook_executions
    WHERE file_path = ANY (%(paths)s) AND tool_name = ANY (%(tools)s)
    UNION
    SELECT root_id, correlation_id, context ->> 'file_path'
    FROM execution_traces
    WHERE kind = 'tool' AND name = ANY (%(tools)s) AND context ->> 'file_path' = ANY (%(paths)s)
) AS touched
JOIN execution_traces AS call ON call.root_id = touched.root_id AND call.correlation_id = touched.call_id AND call.kind = 'tool'
WHERE call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY call.started_at, call.correlation_id
