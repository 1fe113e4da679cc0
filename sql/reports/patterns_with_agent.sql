-- patterns_with_agent: the ways of working in which an agent takes part, the surest first.
-- Subject: patterns
SELECT pattern.intent, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.confidence_score AS confidence, pattern.success_rate, pattern.usage_count AS uses,
       pattern.avg_duration_ms, pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.agent_sequence @> ARRAY[%(agent)s::text]
ORDER BY pattern.confidence_score DESC NULLS LAST
LIMIT %(limit)s
