-- patterns: each way of working that succeeded: how often it was used, how that went, and whether advice was taken.
-- Subject: patterns
SELECT pattern.intent, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.total_usage_count AS uses, pattern.rated_uses, pattern.success_rate,
       pattern.confidence_score AS confidence, pattern.avg_duration_ms, pattern.times_offered, pattern.times_followed,
       pattern.avg_match_score, pattern.last_used_at, pattern.pattern_id
FROM pattern_effectiveness AS pattern
ORDER BY pattern.confidence_score DESC NULLS LAST
LIMIT %(limit)s
