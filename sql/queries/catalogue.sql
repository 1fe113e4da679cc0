-- catalogue: what stands in a schema and in schema hooktrace, each object with its definition as the server words it.
--
-- Read with search_path <schema>, public: what is found by it is printed without a schema, so that the
-- catalogues of databases with different schemas compare.  Partitions (but for DEFAULT ones), what
-- belongs to extensions, and yoyo's tables are left out; "of_table" is the table that an object stands on.
WITH home AS (
    SELECT oid, nspname, CASE WHEN nspname = 'hooktrace' THEN 'hooktrace.' ELSE '' END AS prefix
    FROM pg_namespace
    WHERE nspname IN (%(schema)s::text, 'hooktrace')
),
relation AS (
    SELECT c.oid, c.relkind, c.relispartition, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relpartbound,
           home.prefix, home.prefix || c.relname AS name
    FROM pg_class c
    JOIN home ON home.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c')
      AND NOT starts_with(c.relname, '_yoyo_')
      AND (NOT c.relispartition OR pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
base AS (
    SELECT oid, name, prefix FROM relation WHERE relkind IN ('r', 'p') AND NOT relispartition
),
columns AS (
    SELECT a.attrelid AS oid,
           string_agg(
               quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attcollation <> t.typcollation
                       THEN ' COLLATE ' || (SELECT quote_ident(collname) FROM pg_collation WHERE oid = a.attcollation)
                       ELSE '' END
               || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || CASE WHEN a.attidentity <> '' THEN ' IDENTITY ' || a.attidentity::text ELSE '' END
               || coalesce(CASE WHEN a.attgenerated <> '' THEN ' GENERATED ' || a.attgenerated::text || ' ' ELSE ' DEFAULT ' END
                           || pg_get_expr(d.adbin, d.adrelid), '')
               || coalesce(' -- ' || col_description(a.attrelid, a.attnum), ''),
               E'\n' ORDER BY a.attnum) AS text
    FROM pg_attribute a
    JOIN relation ON relation.oid = a.attrelid
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
    GROUP BY a.attrelid
),
object AS (
    SELECT CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'c' THEN 'type' ELSE 'table' END AS kind,
           r.name,
           NULL AS of_table,
           concat_ws(E'\n', columns.text,
                     'PARTITION BY ' || CASE r.relkind WHEN 'p' THEN pg_get_partkeydef(r.oid) END,
                     'PARTITION OF ' || CASE WHEN r.relispartition
                         THEN (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = r.oid)
                              || ' ' || pg_get_expr(r.relpartbound, r.oid) END,
                     'WITH ' || r.reloptions::text,
                     CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid, true) END) AS definition,
           obj_description(r.oid, 'pg_class') AS comment
    FROM relation r
    LEFT JOIN columns ON columns.oid = r.oid
    UNION ALL
    SELECT 'type', home.prefix || t.typname, NULL,
           CASE t.typtype
               WHEN 'e' THEN 'ENUM ' || (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                                         FROM pg_enum WHERE enumtypid = t.oid)
               ELSE 'DOMAIN ' || format_type(t.typbasetype, t.typtypmod)
                    || coalesce((SELECT ' ' || string_agg(pg_get_constraintdef(oid, true), ' ' ORDER BY conname)
                                 FROM pg_constraint WHERE contypid = t.oid), '') END,
           obj_description(t.oid, 'pg_type')
    FROM pg_type t
    JOIN home ON home.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'index', base.prefix || c.relname, base.name,
           pg_get_indexdef(i.indexrelid, 0, true) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END,
           obj_description(i.indexrelid, 'pg_class')
    FROM pg_index i
    JOIN base ON base.oid = i.indrelid
    JOIN pg_class c ON c.oid = i.indexrelid
    UNION ALL
    SELECT 'constraint', c.conname || ' on ' || base.name, base.name, pg_get_constraintdef(c.oid, true),
           obj_description(c.oid, 'pg_constraint')
    FROM pg_constraint c
    JOIN base ON base.oid = c.conrelid
    WHERE c.contype IN ('p', 'u', 'f', 'c', 'x') AND c.conparentid = 0  -- NOT NULL is one only since PostgreSQL 18
    UNION ALL
    SELECT 'trigger', t.tgname || ' on ' || relation.name, relation.name,
           pg_get_triggerdef(t.oid, true) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' ENABLED ' || t.tgenabled::text END,
           obj_description(t.oid, 'pg_trigger')
    FROM pg_trigger t
    JOIN relation ON relation.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL
    SELECT 'function', home.prefix || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', NULL,
           replace(CASE home.prefix WHEN '' THEN replace(pg_get_functiondef(p.oid),
                                                         ' ' || quote_ident(home.nspname) || '.' || quote_ident(p.proname) || '(',
                                                         ' ' || quote_ident(p.proname) || '(')
                        ELSE pg_get_functiondef(p.oid) END,
                   ' SET search_path TO ' || quote_literal(%(schema)s::text) || ', ', ' SET search_path TO '),
           obj_description(p.oid, 'pg_proc')
    FROM pg_proc p
    JOIN home ON home.oid = p.pronamespace
    WHERE p.prokind <> 'a'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'row security', base.name, base.name, CASE WHEN c.relforcerowsecurity THEN 'FORCED' ELSE 'ENABLED' END, NULL
    FROM pg_class c
    JOIN base ON base.oid = c.oid
    WHERE c.relrowsecurity
    UNION ALL
    SELECT 'policy', p.polname || ' on ' || base.name, base.name,
           concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR', p.polcmd::text, 'TO',
                     (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ')
                      FROM unnest(p.polroles) AS role),
                     'USING ' || pg_get_expr(p.polqual, p.polrelid), 'WITH CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid)),
           obj_description(p.oid, 'pg_policy')
    FROM pg_policy p
    JOIN base ON base.oid = p.polrelid
)
SELECT kind, name, concat_ws(E'\n', definition, '-- ' || comment) AS definition, of_table
FROM object
ORDER BY kind, name
