-- explained_offers: the latest offers of advice, or those whose id or prompt has this beginning, with what they came from.
SELECT use.id, use.trace_id, use.pattern_id, use.match_score, use.used, use.outcome, use.used_at, use.metadata,
       use.expected_duration_ms, use.actual_duration_ms, pattern.intent, pattern.agent_sequence, pattern.tool_sequence,
       pattern.success_count, pattern.failure_count, pattern.confidence_score, known.fingerprint, known.tool_name,
       known.error_category, known.occurrence_count, known.resolution_count, known.resolution_pattern
FROM pattern_usage_log AS use
JOIN success_patterns AS pattern ON pattern.id = use.pattern_id
LEFT JOIN error_patterns AS known ON known.id = (use.metadata ->> 'error')::uuid
WHERE use.metadata ? 'offered'
  AND (%(low)s::uuid IS NULL OR use.id BETWEEN %(low)s::uuid AND %(high)s::uuid OR use.trace_id BETWEEN %(low)s::uuid AND %(high)s::uuid)
ORDER BY use.used_at DESC, use.id DESC
LIMIT %(limit)s
