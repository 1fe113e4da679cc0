-- best_chains: the surest sequences of agents.
-- Subject: chains of agents
SELECT chain.confidence_score AS confidence, chain.chain, chain.success_rate, chain.occurrence_count AS occurrences,
       chain.avg_total_duration_ms, chain.avg_coordination_overhead_ms, chain.last_used_at
FROM agent_chaining_patterns AS chain
ORDER BY chain.confidence_score DESC NULLS LAST
LIMIT %(limit)s
