-- documentation: what the COMMENTs of the live catalogue say of everything that the migrations made, in the order to read it.
WITH home AS (
    SELECT oid, CASE WHEN nspname = 'hooktrace' THEN 'hooktrace.' ELSE '' END AS prefix
    FROM pg_namespace
    WHERE nspname IN (%(schema)s::text, 'hooktrace')
),
relation AS (
    SELECT c.oid, home.prefix, home.prefix || c.relname AS name,
           CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS kind
    FROM pg_class c
    JOIN home ON home.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
),
part AS (
    SELECT kind, name, NULL AS of_relation, NULL AS detail, obj_description(oid, 'pg_class') AS comment, 0 AS position
    FROM relation
    UNION ALL
    SELECT 'column', a.attname, relation.name,
           format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''),
           col_description(a.attrelid, a.attnum), a.attnum
    FROM pg_attribute a
    JOIN relation ON relation.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'index', relation.prefix || c.relname, relation.name, substring(pg_get_indexdef(c.oid, 0, true) FROM ' USING (.*)'),
           obj_description(c.oid, 'pg_class'), 0
    FROM pg_index i
    JOIN relation ON relation.oid = i.indrelid
    JOIN pg_class c ON c.oid = i.indexrelid
    UNION ALL
    SELECT 'trigger', t.tgname || ' on ' || relation.name, relation.name,
           substring(pg_get_triggerdef(t.oid, true) FROM '^CREATE (?:CONSTRAINT )?TRIGGER \S+ (.*)$'),
           obj_description(t.oid, 'pg_trigger'), 0
    FROM pg_trigger t
    JOIN relation ON relation.oid = t.tgrelid
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'function', home.prefix || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', NULL,
           '(' || pg_get_function_arguments(p.oid) || ') RETURNS ' || pg_get_function_result(p.oid),
           obj_description(p.oid, 'pg_proc'), 0
    FROM pg_proc p
    JOIN home ON home.oid = p.pronamespace
)
SELECT part.kind, part.name::text, part.of_relation, part.detail, part.comment
FROM part
JOIN hooktrace.objects ON CASE part.kind WHEN 'column' THEN (objects.kind IN ('table', 'view') AND objects.name = part.of_relation)
                                         ELSE (objects.kind = part.kind AND objects.name = part.name) END
ORDER BY starts_with(coalesce(part.of_relation, part.name), 'hooktrace.'), part.kind = 'function',
         coalesce(part.of_relation, part.name),
         array_position(ARRAY['table', 'view', 'column', 'index', 'trigger'], part.kind), part.position, part.name
