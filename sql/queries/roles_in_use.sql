-- roles_in_use: whether hooktrace's tables in this database belong to hooktrace_owner; roles are of the whole server.
SELECT to_regclass('execution_traces') IS NOT NULL
   AND (EXISTS (SELECT FROM pg_class WHERE oid IN (to_regclass('execution_traces'), to_regclass('hooktrace.sessions'))
                                       AND relowner = to_regrole('hooktrace_owner'))
        OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'hooktrace' AND nspowner = to_regrole('hooktrace_owner'))) AS in_use
