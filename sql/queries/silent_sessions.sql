-- silent_sessions: sessions and tasks that are open and have been silent since a time, of no living process that is known here.
SELECT session.session_id, session.root_id, session.correlation_id, spoken.at AS last_event_at
FROM execution_traces AS session
CROSS JOIN LATERAL (
    SELECT coalesce(max(event.started_at), session.started_at) AS at
    FROM hook_executions AS event WHERE event.session_id = session.session_id
) AS spoken
WHERE session.kind IN ('session', 'task') AND session.status = 'in_progress' AND session.started_at < %(before)s
  AND session.session_id <> ALL (%(alive)s)
  AND spoken.at < CASE WHEN EXISTS (SELECT FROM hooktrace.processes AS elsewhere
                                    WHERE elsewhere.session_id = session.session_id AND elsewhere.host <> %(host)s)
                       THEN %(before_elsewhere)s ELSE %(before)s END
