-- place_of_session: the tree of a session, and the repository it works in; no row before its first event is stored.
SELECT root_id, context ->> 'repository' AS repository FROM hooktrace.sessions WHERE session_id = %(session_id)s
