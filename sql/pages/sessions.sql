-- sessions: the sessions of a period, the newest first, from a place in that order on, each with what lies beneath it
-- counted.  One of which only the end is known is left out: the client's management commands fire a lone SessionEnd.
SELECT session.correlation_id, session.session_id, session.root_id, session.parent_id, session.parent_certain,
       session.project, session.user_id, session.source, session.started_at, session.completed_at, session.duration_ms,
       session.status, session.imported, beneath.*, cost.cost_usd,
       (SELECT count(*) FROM execution_traces AS other
        WHERE other.root_id = session.root_id AND other.kind = 'session' AND other.parent_id IS NOT NULL
          AND other.session_id <> session.session_id AND session.parent_id IS NULL) AS nested
FROM (
    SELECT begun.*, begun.context ? 'told_by' AS imported
    FROM execution_traces AS begun
    WHERE begun.kind = 'session'
      AND begun.started_at >= %(since)s AND begun.started_at < %(until)s
      AND (%(after)s::timestamptz IS NULL OR (begun.started_at, begun.correlation_id) < (%(after)s::timestamptz, %(after_id)s::uuid))
      AND (%(project)s::text IS NULL OR begun.project = %(project)s)
      AND (%(user)s::text IS NULL OR begun.user_id = %(user)s)
      AND (%(source)s::text IS NULL OR begun.source = %(source)s)
      AND (%(status)s::text IS NULL OR begun.status = %(status)s)
      AND (begun.start_observed OR (  -- not EXISTS, for which the planner might read everything beforehand
            SELECT true FROM execution_traces AS inside
            WHERE inside.root_id = begun.root_id AND inside.session_id = begun.session_id AND inside.kind <> 'session'
            LIMIT 1))
      -- What is beneath a session began after it: so both of these end where the period does.
      AND (NOT %(failing)s OR (begun.root_id, begun.session_id) IN (
            SELECT failure.root_id, failure.session_id
            FROM execution_traces AS failure
            WHERE NOT failure.success AND failure.started_at >= %(since)s))
      AND (%(like)s::text IS NULL OR (begun.root_id, begun.session_id) IN (
            SELECT told.root_id, told.session_id
            FROM execution_traces AS told
            WHERE told.kind IN ('prompt', 'agent', 'task') AND told.started_at >= %(since)s
              AND (told.prompt_text ILIKE %(like)s OR told.name ILIKE %(like)s)))
    ORDER BY begun.started_at DESC, begun.correlation_id DESC
    LIMIT %(limit)s
) AS session
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE inside.kind = 'prompt')                        AS prompts,
           count(*) FILTER (WHERE inside.kind = 'agent')                         AS agents,
           count(*) FILTER (WHERE inside.kind = 'tool')                          AS tools,
           count(*) FILTER (WHERE inside.kind <> 'session' AND NOT inside.success) AS failed,
           (array_agg(left(inside.prompt_text, 300) ORDER BY inside.started_at)
               FILTER (WHERE inside.prompt_text IS NOT NULL))[1]                 AS first_prompt
    FROM execution_traces AS inside
    WHERE inside.root_id = session.root_id AND inside.session_id = session.session_id
) AS beneath
CROSS JOIN LATERAL (  -- the agent's own account counts requests that no transcript shows, where it is whole
    SELECT greatest((SELECT sum(call.cost_usd) FROM endpoint_calls AS call WHERE call.session_id = session.session_id),
                    (SELECT CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END
                     FROM hooktrace.accounts AS run WHERE run.session_id = session.session_id)) AS cost_usd
) AS cost
ORDER BY session.started_at DESC, session.correlation_id DESC
