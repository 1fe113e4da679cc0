-- database_facts: what a migration must know of the database: its books, who owns them, and which schemas there are.
SELECT current_database() AS database,
       current_setting('server_version') AS version,
       current_setting('server_version_num')::integer / 10000 AS major,
       (SELECT coalesce(array_agg(nspname::text ORDER BY nspname), '{}') FROM pg_namespace
        WHERE NOT starts_with(nspname, 'pg_')) AS schemas,
       (SELECT coalesce(array_agg(relname::text ORDER BY relname), '{}') FROM pg_class
        WHERE relkind = 'r' AND relnamespace = to_regnamespace('hooktrace')) AS bookkeeping,
       (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
        WHERE oid = to_regclass('hooktrace._yoyo_migration')) AS ours_to_change,
       to_regprocedure('hooktrace.complete_schema(integer)') IS NOT NULL AS has_completion
