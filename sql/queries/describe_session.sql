-- describe_session: gives a session the permission mode of its first prompt and the model of its first request, where
-- its own start did not tell them.
UPDATE execution_traces AS session
SET context = session.context || told.context, updated_at = %(now)s
FROM (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'permission_mode', (SELECT prompt.context -> 'permission_mode' FROM execution_traces AS prompt
                            WHERE prompt.root_id = %(root_id)s AND prompt.parent_id = %(correlation_id)s
                              AND prompt.kind = 'prompt' AND prompt.context ? 'permission_mode'
                            ORDER BY prompt.started_at LIMIT 1),
        'model', (SELECT to_jsonb(request.model) FROM endpoint_calls AS request
                  WHERE request.session_id = %(session_id)s AND request.root_id = %(root_id)s AND request.model IS NOT NULL
                  ORDER BY request.started_at LIMIT 1))) AS context
) AS told
WHERE session.root_id = %(root_id)s AND session.correlation_id = %(correlation_id)s
  AND NOT session.context @> told.context
  AND (NOT session.context ? 'model' OR NOT session.context ? 'permission_mode')
