-- half_indexes: indexes on our tables that a rebuilding left half-made when it was cut off.
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid IN ('success_patterns'::regclass, 'agent_routing_decisions'::regclass)
  AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)\d*$'
