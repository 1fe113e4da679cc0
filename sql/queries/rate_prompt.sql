-- rate_prompt: stores what a person says of a prompt, which is then due to be learned again.
INSERT INTO hooktrace.outcomes AS known (root_id, correlation_id, session_id, user_id, rated, rated_at)
SELECT root_id, correlation_id, session_id, user_id, %(rated)s, %(now)s
FROM execution_traces WHERE root_id = %(root_id)s AND correlation_id = %(correlation_id)s AND kind = 'prompt'
ON CONFLICT (root_id, correlation_id) DO UPDATE SET rated = excluded.rated, rated_at = excluded.rated_at, learned_at = NULL
RETURNING known.session_id
