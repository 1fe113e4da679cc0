-- find_execution: the executions that an id, or the beginning of one, may mean: a root, a session or a correlation id.
-- The bounds are the first and the last UUID with that beginning, NULL if it cannot begin one.
SELECT root_id, correlation_id, 'root' AS meant
FROM execution_traces WHERE root_id BETWEEN %(low)s::uuid AND %(high)s::uuid AND kind = 'session' AND parent_id IS NULL
UNION
SELECT root_id, correlation_id, 'session'
FROM execution_traces WHERE kind = 'session' AND starts_with(session_id, %(beginning)s)
UNION
SELECT root_id, correlation_id, 'execution'
FROM execution_traces WHERE correlation_id BETWEEN %(low)s::uuid AND %(high)s::uuid
LIMIT 1000
