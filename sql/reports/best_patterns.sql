-- best_patterns: the surest ways of working of all.
-- Subject: patterns
SELECT pattern.intent, pattern.confidence_score AS confidence, pattern.success_rate, pattern.usage_count AS uses,
       pattern.avg_duration_ms, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
ORDER BY pattern.confidence_score DESC NULLS LAST
LIMIT %(limit)s
