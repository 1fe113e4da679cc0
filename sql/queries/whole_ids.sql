-- whole_ids: the ids of executions, sessions or patterns with a beginning; the bounds are as for find_execution.
SELECT correlation_id::text AS id
FROM execution_traces WHERE %(what)s = 'execution' AND correlation_id BETWEEN %(low)s::uuid AND %(high)s::uuid
UNION
SELECT session_id
FROM execution_traces WHERE %(what)s = 'session' AND kind IN ('session', 'task') AND starts_with(session_id, %(beginning)s)
UNION
SELECT id::text
FROM success_patterns WHERE %(what)s = 'pattern' AND id BETWEEN %(low)s::uuid AND %(high)s::uuid
LIMIT 1000
