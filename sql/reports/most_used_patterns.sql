-- most_used_patterns: the commonest ways of working.
-- Subject: patterns
SELECT pattern.usage_count AS uses, pattern.intent, pattern.confidence_score AS confidence, pattern.success_rate,
       pattern.avg_duration_ms, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
ORDER BY pattern.usage_count DESC
LIMIT %(limit)s
