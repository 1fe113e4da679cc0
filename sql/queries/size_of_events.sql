-- size_of_events: how many bytes the tables take that grow with every event.
SELECT sum(pg_total_relation_size(coalesce(part.relid, ours)))::bigint AS bytes
FROM unnest(ARRAY['hook_executions', 'execution_traces', 'agent_routing_decisions', 'endpoint_calls']::regclass[]) AS ours
LEFT JOIN LATERAL pg_partition_tree(ours) AS part ON part.isleaf
