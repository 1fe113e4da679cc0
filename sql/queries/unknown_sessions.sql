-- unknown_sessions: which of these sessions there is no event of.
SELECT asked AS session_id FROM unnest(%(session_ids)s::text[]) AS asked
WHERE NOT EXISTS (SELECT FROM hooktrace.sessions AS known WHERE known.session_id = asked)
