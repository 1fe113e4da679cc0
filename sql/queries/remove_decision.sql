-- remove_decision: forgets to which tree a session belonged.
DELETE FROM hooktrace.sessions WHERE session_id = %(session_id)s
