-- vector_indexes: the vector indexes on our tables, how large they are, and of how many rows and dimensions.
SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisvalid AS valid, pg_relation_size(c.oid) AS bytes,
       greatest(c.reltuples, 0)::bigint AS rows,
       substring(pg_get_indexdef(c.oid) FROM 'vector\((\d+)\)')::integer AS dimensions
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_am AS method ON method.oid = c.relam AND method.amname = 'hnsw'
WHERE i.indrelid IN ('success_patterns'::regclass, 'agent_routing_decisions'::regclass)
ORDER BY 2
