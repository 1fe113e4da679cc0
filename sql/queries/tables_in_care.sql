-- tables_in_care: each table and partition of ours: rows, sizes, about how much of that nothing needs, and when it was last cared for.
-- What rows need is judged by the planner's statistics: their mean width, in pages as full as they get, and four
-- pieces of a long value to a page.  NULL: there are no statistics yet.  Of indexes nothing is said.
WITH ours AS (
    SELECT root, coalesce(part.relid, root)::oid AS oid
    FROM unnest(ARRAY['execution_traces', 'hook_executions', 'agent_routing_decisions', 'endpoint_calls', 'success_patterns',
                      'pattern_usage_log', 'agent_chaining_patterns', 'error_patterns', 'hooktrace.sessions',
                      'hooktrace.processes', 'hooktrace.transcripts', 'hooktrace.transcribed', 'hooktrace.accounts',
                      'hooktrace.tombstones', 'hooktrace.outcomes', 'hooktrace.exports']::regclass[]) AS root
    LEFT JOIN LATERAL pg_partition_tree(root) AS part ON part.isleaf
),
measured AS (
    SELECT ours.root::text AS belongs_to, n.nspname::text AS schema, c.relname::text AS name,
           nullif(c.reltuples, -1)::bigint            AS rows,
           pg_stat_get_live_tuples(c.oid)             AS live_rows,
           pg_stat_get_dead_tuples(c.oid)             AS dead_rows,
           pg_relation_size(c.oid)                    AS table_bytes,
           coalesce(pg_total_relation_size(toast), 0) AS toast_bytes,
           pg_indexes_size(c.oid)                     AS index_bytes,
           nullif(c.reltuples, -1) * (28 + coalesce(stats.width, 0)) * 1.05                         AS rows_need,
           (SELECT nullif(long.reltuples, -1) * 2080 FROM pg_class AS long WHERE long.oid = toast)  AS toast_needs,
           greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))   AS vacuumed_at,
           greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analysed_at
    FROM ours
    JOIN pg_class AS c ON c.oid = ours.oid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT nullif(c.reltoastrelid, 0) AS toast) AS long
    LEFT JOIN LATERAL (
        SELECT sum((1 - null_frac) * avg_width) AS width FROM pg_stats
        WHERE schemaname = n.nspname AND tablename = c.relname AND NOT inherited
    ) AS stats ON true
)
SELECT belongs_to, schema, name, rows, live_rows, dead_rows, table_bytes, toast_bytes, index_bytes,
       (greatest(0, table_bytes - rows_need) + greatest(0, toast_bytes - 16384 - coalesce(toast_needs, toast_bytes)))::bigint AS spare_bytes,
       vacuumed_at, analysed_at
FROM measured
ORDER BY belongs_to, name
