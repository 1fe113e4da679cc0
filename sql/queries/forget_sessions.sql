-- forget_sessions: removes everything of some sessions, and what was learned from them, as some kinds of failure may be; returns the rows by table.
SELECT table_name, removed, cleared FROM hooktrace.forget_sessions(%(session_ids)s, %(errors)s, %(of_project)s)
