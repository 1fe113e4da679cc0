-- 06_agent_performance: agent performance.
SELECT * FROM agent_performance LIMIT 5;
