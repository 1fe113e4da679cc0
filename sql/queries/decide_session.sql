-- decide_session: remembers to which tree a session belongs; whoever decided first is right.
INSERT INTO hooktrace.sessions (session_id, root_id, parent_id, parent_certain, context)
VALUES (%(session_id)s, %(root_id)s, %(parent_id)s, %(parent_certain)s, %(context)s)
ON CONFLICT DO NOTHING
