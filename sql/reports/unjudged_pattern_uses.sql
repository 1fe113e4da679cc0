-- unjudged_pattern_uses: uses of patterns of which it is not known yet how they went, the oldest first.
-- Subject: patterns
SELECT use.used_at, use.match_score, pattern.intent, use.trace_id AS execution_id, use.pattern_id
FROM pattern_usage_log AS use
JOIN success_patterns AS pattern ON pattern.id = use.pattern_id
WHERE use.used AND use.outcome IS NULL AND use.used_at >= %(since)s AND use.used_at < %(until)s
ORDER BY use.used_at
LIMIT %(limit)s
