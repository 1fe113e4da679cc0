-- latest_pattern_uses: the newest uses and offers of any pattern.
-- Subject: patterns
SELECT use.used_at, use.used, (use.metadata ->> 'offered')::boolean AS offered,
       (use.metadata ->> 'followed')::boolean AS followed, use.outcome, use.match_score, pattern.intent, use.actual_duration_ms,
       use.trace_id AS execution_id, use.pattern_id
FROM pattern_usage_log AS use
JOIN success_patterns AS pattern ON pattern.id = use.pattern_id
WHERE use.used_at >= %(since)s AND use.used_at < %(until)s
ORDER BY use.used_at DESC
LIMIT %(limit)s
