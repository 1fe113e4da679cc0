-- transcripts_of_sessions: where the agent's own record of these sessions lies; those of subagents lie beside it.
SELECT path FROM hooktrace.transcripts
WHERE session_id = ANY (%(session_ids)s) AND path NOT LIKE '%%/subagents/%%'
ORDER BY path
