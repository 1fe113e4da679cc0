-- All that the migrations made belongs to hooktrace_owner, and the other roles find their way to it.

SET LOCAL ROLE NONE;  -- who gives something away is its owner and a member of the new one, or a superuser

DO $$
DECLARE
    home     regnamespace := (SELECT relnamespace FROM pg_class WHERE oid = 'execution_traces'::regclass);
    ours     CONSTANT oid := to_regrole('hooktrace_owner');
    -- Since PostgreSQL 16 one may be a member and yet not allowed to act as the role.
    acts_as  CONSTANT text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
    -- Ours is what the migrations noted.  Read at once: a table that is being read cannot be given away.
    noted    CONSTANT text[] := ARRAY(SELECT kind || ' ' || name FROM hooktrace.objects);
    todo     record;
    moved    integer := 0;
BEGIN
    -- Into the database and its schemas; the owner also makes partitions, and whatever a later migration brings.
    IF has_database_privilege(current_database(), 'CREATE WITH GRANT OPTION')
       AND NOT has_database_privilege('hooktrace_owner', current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO hooktrace_owner', current_database());
    END IF;
    FOR todo IN SELECT role FROM unnest(ARRAY['hooktrace_owner', 'hooktrace_writer', 'hooktrace_reader', 'hooktrace_auditor']) AS role
                WHERE NOT has_database_privilege(role, current_database(), 'CONNECT')
                  AND has_database_privilege(current_database(), 'CONNECT WITH GRANT OPTION') LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), todo.role);
    END LOOP;
    IF (SELECT nspowner FROM pg_namespace WHERE nspname = 'hooktrace') <> ours
       AND has_database_privilege(current_database(), 'CREATE') THEN
        ALTER SCHEMA hooktrace OWNER TO hooktrace_owner;
    END IF;
    FOR todo IN
        SELECT schema, rolname AS role, privilege
        FROM unnest(ARRAY[home, 'hooktrace'::regnamespace]) AS schema
        CROSS JOIN pg_roles
        CROSS JOIN unnest(ARRAY['USAGE', 'CREATE']) AS privilege
        WHERE rolname IN ('hooktrace_owner', 'hooktrace_writer', 'hooktrace_reader', 'hooktrace_auditor', 'service_role', 'authenticated')
          AND (privilege = 'USAGE' OR rolname = 'hooktrace_owner') AND NOT has_schema_privilege(rolname, schema, privilege)
    LOOP
        EXECUTE format('GRANT %s ON SCHEMA %s TO %I', todo.privilege, todo.schema, todo.role);
    END LOOP;

    FOR todo IN
        WITH place AS (
            SELECT oid, CASE nspname WHEN 'hooktrace' THEN 'hooktrace.' ELSE '' END AS prefix
            FROM pg_namespace WHERE oid IN (home, 'hooktrace'::regnamespace)
        )
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind,
               c.oid::regclass::text AS name, relowner AS owner
        FROM pg_class c JOIN place ON place.oid = relnamespace
        WHERE (relkind IN ('r', 'p') AND 'table ' || prefix || relname = ANY (noted)
               OR relkind = 'v' AND 'view ' || prefix || relname = ANY (noted)
               OR relkind = 'm' AND 'materialized view ' || prefix || relname = ANY (noted)
               OR relkind = 'c' AND 'type ' || prefix || relname = ANY (noted)
               OR prefix <> '' AND relkind = 'r' AND starts_with(relname, '_yoyo_')
               OR c.oid IN (SELECT relid FROM pg_partition_tree('hook_executions')))
          AND relowner <> ours
        UNION ALL
        SELECT 'TYPE', t.oid::regtype::text, typowner
        FROM pg_type t JOIN place ON place.oid = typnamespace
        WHERE typtype IN ('e', 'd') AND 'type ' || prefix || typname = ANY (noted) AND typowner <> ours
        UNION ALL
        SELECT 'ROUTINE', p.oid::regprocedure::text, proowner
        FROM pg_proc p JOIN place ON place.oid = pronamespace
        WHERE 'function ' || prefix || proname || '(' || oidvectortypes(proargtypes) || ')' = ANY (noted) AND proowner <> ours
    LOOP
        -- Whoever owned something goes on being able to do what he could.
        IF NOT pg_has_role(todo.owner, ours, acts_as) THEN
            EXECUTE format('GRANT hooktrace_owner, hooktrace_writer TO %I', pg_get_userbyid(todo.owner));
            RAISE NOTICE USING ERRCODE = 'HT000',
                MESSAGE = format('login %s: member of hooktrace_owner and hooktrace_writer, since it owned tables', pg_get_userbyid(todo.owner));
        END IF;
        EXECUTE format('ALTER %s %s OWNER TO hooktrace_owner', todo.kind, todo.name);
        moved := moved + 1;
    END LOOP;
    IF moved > 0 THEN
        RAISE NOTICE USING ERRCODE = 'HT000', MESSAGE = format('owner: %s objects now belong to hooktrace_owner', moved);
    END IF;
    IF has_schema_privilege('public', home, 'CREATE') THEN
        RAISE NOTICE USING ERRCODE = 'HT001', MESSAGE = format(
            'everybody may create objects in schema %s, and so make a function that the owner calls in place of another: '
            'REVOKE CREATE ON SCHEMA %s FROM PUBLIC', home, home);
    END IF;
END
$$;
