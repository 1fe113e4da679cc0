-- ranked_patterns: the ways of working, the surest first, with how often they were gone and what they take.
SELECT id, intent, prompt_text, agent_sequence, tool_sequence, usage_count, success_count, failure_count, success_rate, confidence_score,
       avg_duration_ms, (metadata #>> '{sums,tokens}')::double precision / usage_count AS avg_tokens,
       (metadata #>> '{sums,cost_usd}')::double precision / (metadata #>> '{sums,priced}')::double precision AS avg_cost_usd,
       keywords, embedding_model, example_trace_ids, last_used_at
FROM success_patterns
ORDER BY confidence_score DESC NULLS LAST, usage_count DESC, id LIMIT %(limit)s
