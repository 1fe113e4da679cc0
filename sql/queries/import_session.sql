-- import_session: enters a session that only its transcript tells of; one that was recorded stays as it is.
INSERT INTO execution_traces AS known (
    root_id, correlation_id, session_id, source, kind, parent_id, parent_certain, started_at, start_observed,
    last_started_at, inferred_end, project, context, created_at, updated_at
) VALUES (
    %(root_id)s, %(correlation_id)s, %(session_id)s, %(source)s, 'session', %(parent_id)s, %(parent_certain)s,
    %(started_at)s, true, %(started_at)s,
    CASE WHEN %(ended_at)s::timestamptz IS NOT NULL THEN ROW(%(ended_at)s, 'completed', '', '')::hooktrace.ending END,
    %(project)s, %(context)s, %(now)s, %(now)s
)
ON CONFLICT (root_id, correlation_id) DO UPDATE SET
    inferred_end = excluded.inferred_end,
    updated_at   = excluded.updated_at
WHERE known.context ? 'told_by' AND (excluded.inferred_end).at > coalesce((known.inferred_end).at, '-infinity')
