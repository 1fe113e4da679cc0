-- patterns_for_intent: the ways in which one thing was done, the surest first.
-- Subject: patterns
SELECT pattern.confidence_score AS confidence, pattern.success_rate, pattern.usage_count AS uses,
       pattern.avg_duration_ms, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.prompt_text AS prompt, pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.intent = %(intent)s
ORDER BY pattern.confidence_score DESC NULLS LAST
LIMIT %(limit)s
