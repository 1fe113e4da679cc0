-- missing_policies: the tables that a collector writes and row-level security keeps it from, for want of a policy.
SELECT DISTINCT needed.name
FROM (VALUES ('hooktrace.sessions', 'r'), ('hooktrace.sessions', 'a'), ('execution_traces', 'r'), ('execution_traces', 'a'),
             ('execution_traces', 'w'), ('hook_executions', 'a'), ('hooktrace.tombstones', 'r'), ('hooktrace.tombstones', 'a')) AS needed (name, command)
JOIN pg_class c ON c.oid = to_regclass(needed.name) AND c.relrowsecurity
WHERE NOT EXISTS (SELECT FROM pg_policy p CROSS JOIN LATERAL unnest(p.polroles) AS role
                  WHERE p.polrelid = c.oid AND p.polcmd IN (needed.command::"char", '*')
                    AND CASE role WHEN 0 THEN true ELSE pg_has_role(role, 'USAGE') END)  -- 0 is everybody
ORDER BY needed.name
