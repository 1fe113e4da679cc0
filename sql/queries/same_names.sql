-- same_names: relations and functions of a schema that have one of the given names; a relation's partitions are listed with it.
WITH named AS (
    SELECT c.oid
    FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relname = ANY (%(relations)s)
),
moving AS (
    SELECT oid FROM named
    UNION
    SELECT part.relid FROM named CROSS JOIN LATERAL pg_partition_tree(named.oid) AS part
)
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                      WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX'
                      ELSE 'TABLE' END AS kind,
       c.relname::text AS name,
       NULL AS arguments,
       (SELECT i.indrelid::regclass::text FROM pg_index i WHERE i.indexrelid = c.oid) AS of_table
FROM moving
JOIN pg_class c USING (oid)
WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND i.indrelid IN (SELECT oid FROM moving))
  AND NOT EXISTS (SELECT FROM pg_depend d  -- a column's sequence goes with its table
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND c.relkind = 'S' AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END,
       p.proname::text, oidvectortypes(p.proargtypes), NULL
FROM pg_proc p
WHERE p.pronamespace = to_regnamespace(quote_ident(%(schema)s))
  AND p.proname || '(' || oidvectortypes(p.proargtypes) || ')' = ANY (%(functions)s)
ORDER BY name, arguments
