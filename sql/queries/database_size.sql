-- database_size: how many bytes the database takes, and how many of them the tables that grow with every event.
SELECT pg_database_size(current_database()) AS bytes,
       (SELECT sum(pg_total_relation_size(coalesce(part.relid, ours)))::bigint
        FROM unnest(ARRAY['hook_executions', 'execution_traces', 'agent_routing_decisions', 'endpoint_calls']::regclass[]) AS ours
        LEFT JOIN LATERAL pg_partition_tree(ours) AS part ON part.isleaf) AS of_events
