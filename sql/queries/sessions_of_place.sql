-- sessions_of_place: the sessions of a project, by its name or by a directory in or below which they work.
-- Of a session whose start was not seen its first event tells the directory, as long as it has its content.
SELECT session.session_id
FROM execution_traces AS session
LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = session.session_id
WHERE (session.kind = 'session' OR session.kind = 'task' AND session.session_id = session.correlation_id::text)
  AND (session.project = %(project)s
       OR %(directory)s::text IS NOT NULL AND EXISTS (
           SELECT FROM unnest(ARRAY[
               decided.context ->> 'repository',
               coalesce(session.context ->> 'cwd',
                        (SELECT event.metadata ->> 'cwd' FROM hook_executions AS event
                         WHERE event.session_id = session.session_id ORDER BY event.started_at LIMIT 1))]) AS place
           WHERE place = %(directory)s OR starts_with(place, rtrim(%(directory)s, '/') || '/')))
