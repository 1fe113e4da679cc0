-- gaps: events that should have come and did not, with what explains it; those that nothing explains first.
-- Subject: overview
-- Default: since=7d
SELECT gap.missing, gap.explained, gap.kind, gap.name, gap.session_id, gap.correlation_id AS execution_id
FROM hooktrace.gaps(%(since)s) AS gap
ORDER BY gap.explained NULLS FIRST, gap.session_id
LIMIT %(limit)s
