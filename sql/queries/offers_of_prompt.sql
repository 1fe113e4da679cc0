-- offers_of_prompt: the advice offered or withheld for a prompt, with the way that it told.
SELECT use.id, pattern.agent_sequence, pattern.tool_sequence
FROM pattern_usage_log AS use
JOIN success_patterns AS pattern ON pattern.id = use.pattern_id
WHERE use.trace_id = %(trace_id)s AND use.root_id = %(root_id)s AND use.metadata ? 'offered'
