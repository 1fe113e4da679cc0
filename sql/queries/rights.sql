-- rights: what is granted on objects of ours to others than their owners, in words that two moments can be compared by.
WITH home AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname IN (%(schema)s::text, 'hooktrace')
),
recorded AS (
    SELECT kind, name FROM hooktrace.objects
),
held AS (
    SELECT 'TABLE ' || c.oid::regclass AS object, c.relowner AS owner, acl.grantee, acl.privilege_type AS privilege
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND (c.relnamespace = 'hooktrace'::regnamespace
           OR c.oid IN (SELECT relid FROM pg_partition_tree('hook_executions'))
           OR c.relnamespace IN (SELECT oid FROM home) AND c.relname IN (SELECT name FROM recorded))
    UNION ALL
    SELECT 'TABLE ' || c.oid::regclass, c.relowner, acl.grantee, format('%%s (%%I)', acl.privilege_type, a.attname)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid
    CROSS JOIN LATERAL aclexplode(a.attacl) AS acl
    WHERE c.relnamespace IN (SELECT oid FROM home)
      AND (c.relnamespace = 'hooktrace'::regnamespace OR c.relname IN (SELECT name FROM recorded))
    UNION ALL
    SELECT 'FUNCTION ' || p.oid::regprocedure, p.proowner, acl.grantee, acl.privilege_type
    FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl
    WHERE p.pronamespace IN (SELECT oid FROM home)
      AND (p.pronamespace = 'hooktrace'::regnamespace
           OR p.proname || '(' || oidvectortypes(p.proargtypes) || ')' IN (SELECT name FROM recorded))
    UNION ALL
    SELECT 'SCHEMA ' || home.oid::regnamespace, nspowner, acl.grantee, acl.privilege_type
    FROM home CROSS JOIN LATERAL aclexplode(nspacl) AS acl
)
SELECT privilege || ' ON ' || object AS what, coalesce(quote_ident(role.rolname), 'PUBLIC') AS who
FROM held
LEFT JOIN pg_roles AS role ON role.oid = held.grantee
WHERE held.grantee <> held.owner
ORDER BY what, who
