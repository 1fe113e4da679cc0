-- our_tables: the tables that the migrations made, with what it takes to copy their rows; without the migrations' own books.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       ARRAY(SELECT attname::text FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum) AS columns,
       ARRAY(SELECT tgname::text FROM pg_trigger
             WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled = 'O' ORDER BY tgname) AS triggers,
       ARRAY(SELECT relid::text FROM pg_partition_tree(c.oid) WHERE isleaf ORDER BY relid::text) AS parts,
       ARRAY(SELECT DISTINCT confrelid FROM pg_constraint
             WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> conrelid) AS refers_to,
       c.oid
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN hooktrace.objects o ON o.kind = 'table'
                        AND o.name = CASE WHEN n.nspname = 'hooktrace' THEN 'hooktrace.' ELSE '' END || c.relname
WHERE n.nspname IN ('hooktrace', %(schema)s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT (n.nspname = 'hooktrace' AND c.relname = ANY (%(books)s))
ORDER BY n.nspname <> 'hooktrace', c.relname
