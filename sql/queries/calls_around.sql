-- calls_around: one's own shell calls, two at most, that may have started the agent of a session that began in a place at a given time.
SELECT call.root_id, call.correlation_id, call.session_id
FROM execution_traces AS call
WHERE call.kind = 'tool' AND call.name = 'Bash' AND call.session_id <> %(session_id)s AND call.user_id = session_user
  AND call.started_at BETWEEN %(at)s::timestamptz - interval '1 day' AND %(at)s::timestamptz
  AND call.completed_at >= %(at)s
  AND (EXISTS (SELECT FROM hooktrace.sessions AS decided
               WHERE decided.session_id = call.session_id AND decided.context ->> 'repository' = %(repository)s)
       OR EXISTS (SELECT FROM execution_traces AS caller
                  WHERE caller.session_id = call.session_id AND caller.kind IN ('session', 'task')
                    AND caller.context ->> 'cwd' = %(cwd)s))
  AND (call.context ? 'starts_agent'
       OR EXISTS (SELECT FROM hook_executions AS event
                  WHERE event.root_id = call.root_id AND event.trace_id = call.correlation_id
                    AND event.hook_type = 'PreToolUse' AND event.input_data ->> 'command' ~ '(^|[\s;&|(/])claude\s'))
LIMIT 2
