-- unused_indexes: the indexes on our tables that no query has used since the server began to count; those that keep keys unique apart.
SELECT whole.name, whole.bytes, (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS since
FROM (
    SELECT coalesce(pg_partition_root(leaf.indexrelid), leaf.indexrelid)::regclass::text AS name,
           sum(pg_relation_size(leaf.indexrelid))::bigint AS bytes, sum(used.idx_scan) AS scans
    FROM unnest(ARRAY['execution_traces', 'hook_executions', 'agent_routing_decisions', 'endpoint_calls', 'success_patterns',
                      'pattern_usage_log', 'agent_chaining_patterns', 'error_patterns']::regclass[]) AS root
    LEFT JOIN LATERAL pg_partition_tree(root) AS part ON part.isleaf
    JOIN pg_index AS leaf ON leaf.indrelid = coalesce(part.relid, root) AND NOT leaf.indisunique
    JOIN pg_stat_all_indexes AS used ON used.indexrelid = leaf.indexrelid
    GROUP BY 1
) AS whole
WHERE whole.scans = 0
ORDER BY whole.bytes DESC, whole.name
