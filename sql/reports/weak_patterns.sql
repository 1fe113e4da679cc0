-- weak_patterns: what fails more often than it succeeds, longest unused first.
-- Subject: patterns
SELECT pattern.last_used_at, pattern.intent, pattern.success_rate, pattern.success_count, pattern.failure_count,
       pattern.usage_count AS uses, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.success_rate < 0.5
ORDER BY pattern.last_used_at
LIMIT %(limit)s
