-- most_frequent_chains: the commonest sequences of agents.
-- Subject: chains of agents
SELECT chain.occurrence_count AS occurrences, chain.chain, chain.success_rate, chain.confidence_score AS confidence,
       chain.avg_total_duration_ms, chain.avg_coordination_overhead_ms, chain.last_used_at
FROM agent_chaining_patterns AS chain
ORDER BY chain.occurrence_count DESC
LIMIT %(limit)s
