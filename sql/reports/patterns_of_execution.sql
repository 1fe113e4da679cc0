-- patterns_of_execution: the patterns that one prompt used or was offered.
-- Subject: patterns
SELECT use.used_at, use.used, (use.metadata ->> 'offered')::boolean AS offered,
       (use.metadata ->> 'followed')::boolean AS followed, use.outcome, use.match_score, pattern.intent,
       pattern.agent_sequence AS agents, pattern.tool_sequence AS tools, pattern.confidence_score AS confidence,
       use.pattern_id
FROM pattern_usage_log AS use
JOIN success_patterns AS pattern ON pattern.id = use.pattern_id
WHERE use.trace_id = %(execution)s
ORDER BY use.match_score DESC NULLS LAST, use.used_at
LIMIT %(limit)s
