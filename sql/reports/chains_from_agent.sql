-- chains_from_agent: what an agent hands on to, the commonest first.
-- Subject: chains of agents
SELECT chain.occurrence_count AS occurrences, chain.chain, chain.success_rate, chain.confidence_score AS confidence,
       chain.avg_total_duration_ms, chain.last_used_at
FROM agent_chaining_patterns AS chain
WHERE chain.primary_agent = %(agent)s
ORDER BY chain.occurrence_count DESC
LIMIT %(limit)s
