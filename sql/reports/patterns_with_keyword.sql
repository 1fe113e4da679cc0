-- patterns_with_keyword: the ways of working for prompts that hold a word, the surest first.
-- Subject: patterns
SELECT pattern.intent, pattern.keywords, pattern.confidence_score AS confidence, pattern.success_rate,
       pattern.usage_count AS uses, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.last_used_at, pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.keywords @> ARRAY[%(keyword)s::text]
ORDER BY pattern.confidence_score DESC NULLS LAST
LIMIT %(limit)s
