-- patterns_with_tool: the ways of working in which a tool takes part, the surest first.
-- Subject: patterns
SELECT pattern.intent, pattern.tool_sequence AS tools, pattern.agent_sequence AS agents,
       pattern.confidence_score AS confidence, pattern.success_rate, pattern.usage_count AS uses,
       pattern.avg_duration_ms, pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.tool_sequence @> ARRAY[%(tool)s::text]
ORDER BY pattern.confidence_score DESC NULLS LAST
LIMIT %(limit)s
