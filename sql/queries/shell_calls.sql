-- shell_calls: the Bash calls of a session that had begun by a given time, the open ones first, the latest first.
SELECT call.correlation_id,
       begun.input_data ->> 'command' AS command,
       (call.completed_at IS NULL OR call.completed_at >= %(at)s) AS open
FROM execution_traces AS call
JOIN hook_executions AS begun
  ON begun.root_id = call.root_id AND begun.trace_id = call.correlation_id AND begun.hook_type = 'PreToolUse'
WHERE call.root_id = %(root_id)s AND call.session_id = %(session_id)s
  AND call.kind = 'tool' AND call.name = 'Bash'
  AND call.started_at <= %(at)s
ORDER BY open DESC, call.started_at DESC
LIMIT 200
