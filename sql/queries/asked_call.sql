-- asked_call: the call for which a permission is asked: the request names none, but is of the same tool and input, and
-- comes right after the call's own event.
SELECT call.tool_use_id
FROM hook_executions AS call
WHERE call.session_id = %(session_id)s AND call.hook_type = 'PreToolUse' AND call.tool_name = %(tool_name)s
  AND call.started_at BETWEEN %(at)s::timestamptz - interval '1 hour' AND %(at)s
  AND call.agent_id IS NOT DISTINCT FROM %(agent_id)s
  AND call.input_data = %(input_data)s
ORDER BY call.started_at DESC
LIMIT 1
