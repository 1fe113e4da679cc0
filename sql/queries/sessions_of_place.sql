-- sessions_of_place: the sessions of a project, by its name or by a directory in or below which they work.
SELECT session.session_id
FROM execution_traces AS session
LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = session.session_id
WHERE session.kind = 'session'
  AND (session.project = %(project)s
       OR EXISTS (SELECT FROM unnest(ARRAY[session.context ->> 'cwd', decided.context ->> 'repository']) AS place
                  WHERE place = %(directory)s OR starts_with(place, rtrim(%(directory)s, '/') || '/')))
