-- pattern: one way of working, with all that is counted of it.
SELECT pattern.pattern_id, pattern.intent, pattern.keywords, pattern.prompt_text AS prompt, pattern.agent_sequence AS agents,
       pattern.tool_sequence AS tools, pattern.total_usage_count AS uses, pattern.success_count AS succeeded,
       pattern.failure_count AS failed, pattern.rated_uses AS rated, pattern.success_rate, pattern.confidence_score AS confidence,
       pattern.avg_duration_ms, pattern.times_offered AS offered, pattern.times_followed AS followed, pattern.avg_match_score, pattern.last_used_at,
       known.created_at, known.example_trace_ids,
       (known.metadata #>> '{sums,tokens}')::double precision / nullif(known.usage_count, 0) AS avg_tokens,
       (known.metadata #>> '{sums,cost_usd}')::double precision / nullif((known.metadata #>> '{sums,priced}')::double precision, 0) AS avg_cost_usd
FROM pattern_effectiveness AS pattern
JOIN success_patterns AS known ON known.id = pattern.pattern_id
WHERE pattern.pattern_id = %(id)s::uuid
