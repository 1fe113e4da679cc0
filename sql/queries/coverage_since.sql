-- coverage_since: of each session that was open after a time, the tool calls that its transcripts show and those recorded.
SELECT session_id, transcript, calls, recorded FROM hooktrace.coverage(%(since)s)
