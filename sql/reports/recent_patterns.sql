-- recent_patterns: the ways of working used last.
-- Subject: patterns
SELECT pattern.last_used_at, pattern.intent, pattern.confidence_score AS confidence, pattern.success_rate,
       pattern.usage_count AS uses, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.last_used_at >= %(since)s AND pattern.last_used_at < %(until)s
ORDER BY pattern.last_used_at DESC NULLS LAST
LIMIT %(limit)s
