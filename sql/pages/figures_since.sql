-- figures_since: what happened since a time: sessions, prompts, calls, failures, how long agents worked, what it cost.
-- A prompt of an agent that another one started is part of that one's time.  As in the list of sessions, one of which
-- only the end is known is none.
SELECT count(*) FILTER (WHERE execution.kind = 'session' AND (execution.start_observed OR (
           SELECT true FROM execution_traces AS inside
           WHERE inside.root_id = execution.root_id AND inside.session_id = execution.session_id
             AND inside.kind <> 'session' LIMIT 1)))                                        AS sessions,
       count(*) FILTER (WHERE execution.kind = 'prompt')                              AS prompts,
       count(*) FILTER (WHERE execution.kind = 'tool')                                AS calls,
       count(*) FILTER (WHERE execution.kind = 'tool' AND execution.success IS NOT NULL) AS ended_calls,
       count(*) FILTER (WHERE execution.kind = 'tool' AND NOT execution.success)      AS failures,
       sum(extract(epoch FROM coalesce(execution.completed_at, %(now)s) - execution.started_at) * 1000)
           FILTER (WHERE execution.kind = 'prompt' AND session.parent_id IS NULL)::double precision AS worked_ms,
       (SELECT sum(call.cost_usd) FROM endpoint_calls AS call
        WHERE call.started_at >= %(since)s AND call.model IS NOT NULL)                AS cost_usd,
       (SELECT count(*) FROM endpoint_calls AS call
        WHERE call.started_at >= %(since)s AND call.model IS NOT NULL)                AS requests
FROM execution_traces AS execution
LEFT JOIN hooktrace.sessions AS session ON session.session_id = execution.session_id
WHERE execution.started_at >= %(since)s AND execution.kind IN ('session', 'prompt', 'tool')
