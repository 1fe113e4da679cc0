-- coverage: of each session, how many of the tool calls in its transcripts are recorded; the worst first.
-- Subject: overview
-- Default: since=7d
SELECT CASE WHEN covered.calls > 0 THEN round(100.0 * covered.recorded / covered.calls, 1) END AS percent,
       covered.recorded, covered.calls, covered.transcript AS has_transcript, covered.session_id
FROM hooktrace.coverage(%(since)s) AS covered
ORDER BY percent NULLS LAST, covered.calls DESC, covered.session_id
LIMIT %(limit)s
