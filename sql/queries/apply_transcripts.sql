-- apply_transcripts: gives a session's executions the ends that its transcripts have told since a time and no event did.
SELECT hooktrace.apply_transcripts(%(session_id)s, %(since)s, %(now)s) AS changed
