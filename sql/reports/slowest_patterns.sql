-- slowest_patterns: the ways of working that take longest.
-- Subject: patterns
SELECT pattern.avg_duration_ms, pattern.intent, pattern.confidence_score AS confidence, pattern.success_rate,
       pattern.usage_count AS uses, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
ORDER BY pattern.avg_duration_ms DESC NULLS LAST
LIMIT %(limit)s
