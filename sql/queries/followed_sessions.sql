-- followed_sessions: a login's own sessions that are open, ended lately, or ended a little earlier and were not looked after to
-- their end, with what is known of where they run; a session that began as a copy of another one also with its beginning, and a
-- program of which something is open with that.
SELECT session.session_id, session.root_id, session.correlation_id, decided.context,
       session.kind = 'task' OR session.status = 'in_progress' AS open,
       ARRAY(SELECT task.correlation_id FROM execution_traces AS task
             WHERE task.root_id = session.root_id AND task.session_id = session.session_id AND session.kind = 'task'
               AND task.kind = 'task' AND task.status = 'in_progress') AS open_tasks,
       (SELECT read.path FROM hooktrace.transcripts AS read
        WHERE read.session_id = session.session_id AND read.path NOT LIKE '%%/subagents/%%' LIMIT 1) AS transcript,
       CASE WHEN session.context ->> 'start' = 'fork' THEN session.started_at END AS forked_at,
       session.context ->> 'version' AS version,
       (SELECT max(event.started_at) FROM hook_executions AS event WHERE event.session_id = session.session_id) AS last_event_at,
       process.host, process.pid, process.birth
FROM (
    SELECT * FROM execution_traces AS own
    WHERE own.user_id = session_user AND own.kind = 'session' AND (own.status = 'in_progress' OR own.completed_at > %(undone)s)
    UNION ALL
    SELECT * FROM execution_traces AS outermost
    WHERE outermost.user_id = session_user AND outermost.kind = 'task' AND outermost.session_id = outermost.correlation_id::text
      AND outermost.session_id IN (SELECT task.session_id FROM execution_traces AS task
                                   WHERE task.kind = 'task' AND task.status = 'in_progress')
) AS session
JOIN hooktrace.sessions AS decided ON decided.session_id = session.session_id
LEFT JOIN LATERAL (
    SELECT host, pid, birth FROM hooktrace.processes AS known
    WHERE known.session_id = session.session_id ORDER BY seen_at DESC LIMIT 1
) AS process ON true
WHERE session.kind = 'task' OR session.status = 'in_progress' OR session.completed_at > %(recent)s
   OR coalesce(decided.applied_until, '-infinity') < session.completed_at
