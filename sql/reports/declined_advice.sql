-- declined_advice: the newest patterns that were offered and not followed.
-- Subject: patterns
SELECT use.used_at, use.match_score, pattern.intent, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.confidence_score AS confidence, use.trace_id AS execution_id, use.pattern_id
FROM pattern_usage_log AS use
JOIN success_patterns AS pattern ON pattern.id = use.pattern_id
WHERE use.metadata @> '{"offered": true, "followed": false}' AND use.used_at >= %(since)s AND use.used_at < %(until)s
ORDER BY use.used_at DESC
LIMIT %(limit)s
