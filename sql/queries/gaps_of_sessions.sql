-- gaps_of_sessions: the events that should have come and did not, of some sessions.
SELECT gap.session_id, gap.correlation_id, gap.kind, gap.name, gap.missing, gap.explained
FROM unnest(%(session_ids)s::text[]) AS asked, hooktrace.gaps(session => asked) AS gap
