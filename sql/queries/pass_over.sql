-- pass_over: leaves a prompt that cannot be learned alone, until something of it changes.
INSERT INTO hooktrace.outcomes (root_id, correlation_id, session_id, user_id, learned_at, version)
SELECT root_id, correlation_id, session_id, user_id, %(now)s, %(version)s
FROM execution_traces WHERE root_id = %(root_id)s AND correlation_id = %(correlation_id)s
ON CONFLICT (root_id, correlation_id) DO UPDATE SET learned_at = excluded.learned_at, version = excluded.version
RETURNING correlation_id
