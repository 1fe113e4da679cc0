-- note_applied: remembers until when what a session's transcripts tell is applied to its executions.
UPDATE hooktrace.sessions SET applied_until = %(told_until)s WHERE session_id = %(session_id)s
