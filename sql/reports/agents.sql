-- agents: what each agent did, how it ended, and how long it took.
-- Subject: agents and choices
SELECT agent.agent_name AS agent, agent.total_executions AS executions, agent.successful_executions AS successful,
       agent.failed_executions AS failed, agent.cancelled_executions AS cancelled,
       agent.running_executions AS running, agent.success_rate_pct AS success_pct,
       agent.median_duration_ms AS median_ms, agent.p95_duration_ms, agent.times_selected,
       agent.avg_routing_confidence AS avg_confidence, agent.patterns_used AS patterns, agent.last_used_at
FROM agent_performance AS agent
ORDER BY agent.total_executions DESC, agent.agent_name
LIMIT %(limit)s
