-- heal: makes the executions of a session that its transcripts have told of, between two times, and no event did.
SELECT hooktrace.heal(%(session_id)s, %(since)s, %(told_until)s, %(now)s) AS healed
