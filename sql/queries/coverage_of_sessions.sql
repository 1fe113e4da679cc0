-- coverage_of_sessions: of some sessions, the tool calls that their transcripts show and those recorded.
SELECT covered.session_id, covered.transcript, covered.calls, covered.recorded
FROM unnest(%(session_ids)s::text[]) AS asked, hooktrace.coverage(session => asked) AS covered
