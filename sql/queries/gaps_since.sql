-- gaps_since: the events that should have come and did not, of the sessions that were open after a time.
SELECT session_id, correlation_id, kind, name, missing, explained FROM hooktrace.gaps(%(since)s)
