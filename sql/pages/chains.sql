-- chains: the sequences of agents, the commonest first, or those in which one agent takes part; a page of them.
SELECT chain.id, chain.chain, chain.occurrence_count AS occurrences, chain.success_count AS succeeded, chain.failure_count AS failed,
       chain.success_count + chain.failure_count AS rated, chain.success_rate, chain.confidence_score AS confidence,
       chain.avg_total_duration_ms, chain.avg_coordination_overhead_ms, chain.last_used_at,
       chain.example_trace_ids[1] AS example_id
FROM agent_chaining_patterns AS chain
WHERE (%(agent)s::text IS NULL OR chain.chain @> ARRAY[%(agent)s::text])
  AND (%(after)s::bigint IS NULL OR (chain.occurrence_count, chain.id) < (%(after)s::bigint, %(after_id)s::uuid))
ORDER BY chain.occurrence_count DESC, chain.id DESC
LIMIT %(limit)s
