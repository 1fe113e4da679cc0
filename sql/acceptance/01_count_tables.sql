-- 01_count_tables: verify tables (should return 8).
SELECT COUNT(*) FROM information_schema.tables
WHERE table_schema = 'public'
AND table_name IN (
    'execution_traces', 'agent_routing_decisions', 'hook_executions',
    'endpoint_calls', 'success_patterns', 'pattern_usage_log',
    'agent_chaining_patterns', 'error_patterns'
);
