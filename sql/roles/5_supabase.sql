-- The roles of Supabase, where they exist: service_role may do what hooktrace_writer and hooktrace_auditor
-- may, authenticated what hooktrace_reader may, anon nothing.
--
-- A row is the login's who stored it, and through PostgREST everybody's login is `authenticator`: so
-- authenticated sees only what was stored through PostgREST, and of all these rows each user sees all.
-- What a collector stored by a login of its own, none of them sees; service_role sees everything.

SET LOCAL ROLE hooktrace_owner;

DO $$
DECLARE
    ours      CONSTANT oid := to_regrole('hooktrace_owner');
    statement text;
BEGIN
    -- Supabase grants all three everything on whatever appears in schema public.
    FOR statement IN
        SELECT format('REVOKE ALL ON %s %s FROM %I', object.kind, object.name, role.rolname)
        FROM (SELECT 'TABLE' AS kind, oid::regclass::text AS name FROM pg_class
              WHERE relowner = ours AND relkind IN ('r', 'p', 'v', 'm')
              UNION ALL
              SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc WHERE proowner = ours) AS object
        CROSS JOIN pg_roles AS role
        WHERE role.rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE statement;
    END LOOP;

    -- Not by membership: these roles inherit nothing.
    FOR statement IN
        SELECT format('GRANT %s%s ON %s %s TO %I', held.privilege, ' (' || held.column_name || ')', held.kind, held.name, role.rolname)
        FROM (SELECT acl.grantee, acl.privilege_type AS privilege, NULL AS column_name, 'TABLE' AS kind, c.oid::regclass::text AS name
              FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl WHERE c.relowner = ours
              UNION ALL
              SELECT acl.grantee, acl.privilege_type, quote_ident(a.attname), 'TABLE', c.oid::regclass::text
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) AS acl
              WHERE c.relowner = ours
              UNION ALL
              SELECT acl.grantee, acl.privilege_type, NULL, 'ROUTINE', p.oid::regprocedure::text
              FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) AS acl WHERE p.proowner = ours) AS held
        JOIN (VALUES ('service_role', 'hooktrace_writer'), ('service_role', 'hooktrace_auditor'),
                     ('authenticated', 'hooktrace_reader')) AS as_is (role, model)
          ON held.grantee = to_regrole(as_is.model)
        JOIN pg_roles AS role ON role.rolname = as_is.role
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
