-- chains_with_agent: the sequences in which an agent takes part, the surest first.
-- Subject: chains of agents
SELECT chain.chain, chain.confidence_score AS confidence, chain.success_rate, chain.occurrence_count AS occurrences,
       chain.avg_total_duration_ms, chain.last_used_at
FROM agent_chaining_patterns AS chain
WHERE chain.chain @> ARRAY[%(agent)s::text]
ORDER BY chain.confidence_score DESC NULLS LAST
LIMIT %(limit)s
