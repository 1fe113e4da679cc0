-- Row-level security: which rows a role may see, add and change.  Which tables it may touch at all is
-- said by the grants of the next file.
--
-- A row is the login's who stored it: user_id = session_user, which a client can neither set nor keep by
-- SET ROLE.  Not current_user: the collector acts as hooktrace_writer.  Where logins are shared (a pooler
-- that connects as one user for all, PostgREST's `authenticator`), what they store is shared as well.
--
-- ENABLE and not FORCE: the owner is not held back, for retention and learning look at everybody's rows.
--
-- What policies cannot do: a key is either free or taken, so whoever knows somebody's UUIDs can find out
-- that they are stored, or take them first, and a tree (root_id) may hold rows of several users, which
-- the tree's caller may want: user_id tells them apart.  Numbers of rows and the planner's estimates are
-- of all rows.

SET LOCAL ROLE hooktrace_owner;

DO $$
DECLARE
    -- As the server words it, so that what stands already is recognized and not made again, under a lock.
    own          CONSTANT text := '(user_id = SESSION_USER)';
    -- An event, choice or call of mine belongs to an execution of mine; a foreign key looks at everybody's.
    own_about    CONSTANT text := '((user_id = SESSION_USER) AND (EXISTS ( SELECT FROM execution_traces known'
                                  ' WHERE ((known.root_id = %1$I.root_id) AND (known.correlation_id = %1$I.trace_id)'
                                  ' AND (known.user_id = SESSION_USER)))))';
    -- Supabase's service_role is an auditor too, where there is one.
    auditors     CONSTANT name[] := ARRAY(SELECT rolname FROM pg_roles WHERE rolname IN ('hooktrace_auditor', 'service_role') ORDER BY 1);
    everybody    CONSTANT name[] := ARRAY['public'];
    -- In the order in which a collector comes by them, so that neither waits for the other.
    recorded     CONSTANT regclass[] := ARRAY['hooktrace.tombstones', 'hooktrace.sessions', 'execution_traces', 'hook_executions',
                                              'agent_routing_decisions', 'endpoint_calls', 'hooktrace.processes',
                                              'hooktrace.transcripts', 'hooktrace.transcribed', 'hooktrace.accounts',
                                              'hooktrace.exports'];
    merged       CONSTANT regclass[] := ARRAY['hooktrace.sessions', 'execution_traces', 'agent_routing_decisions', 'endpoint_calls',
                                              'hooktrace.transcripts', 'hooktrace.transcribed', 'hooktrace.accounts'];
    learned      CONSTANT regclass[] := ARRAY['success_patterns', 'pattern_usage_log', 'agent_chaining_patterns', 'error_patterns',
                                              'hooktrace.outcomes'];
    wanted       record;
    made         integer := 0;
BEGIN
    FOR wanted IN
        SELECT ours.id
        FROM (SELECT unnest(recorded || learned) AS id
              UNION ALL  -- a partition without a policy: whoever was granted it sees nothing there
              SELECT relid FROM pg_partition_tree('hook_executions') WHERE level > 0) AS ours
        JOIN pg_class c ON c.oid = ours.id
        WHERE NOT c.relrowsecurity OR c.relforcerowsecurity
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', wanted.id);
    END LOOP;

    FOR wanted IN
        SELECT id, policy.*,
               EXISTS (SELECT FROM pg_policy p
                       WHERE p.polrelid = id AND p.polname = policy.name AND p.polpermissive
                         AND p.polcmd = CASE command WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' ELSE 'w' END
                         AND ARRAY(SELECT unnest(p.polroles) ORDER BY 1)
                             = ARRAY(SELECT coalesce(to_regrole(role)::oid, 0) FROM unnest(roles) AS role ORDER BY 1)
                         AND regexp_replace(pg_get_expr(p.polqual, id), '\s+', ' ', 'g') IS NOT DISTINCT FROM seen
                         AND regexp_replace(pg_get_expr(p.polwithcheck, id), '\s+', ' ', 'g') IS NOT DISTINCT FROM added) AS stands
        FROM unnest(recorded || learned) WITH ORDINALITY AS ours (id, place)
        CROSS JOIN LATERAL (VALUES
            ('hooktrace_own_rows_read', 'SELECT', everybody, own, NULL, true,
             'Whoever may read this table sees the rows that were stored under his login.'),
            ('hooktrace_all_rows_audited', 'SELECT', auditors, 'true', NULL, true,
             'An auditor sees all rows.'),
            ('hooktrace_own_rows_added', 'INSERT', everybody, NULL,
             CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = id AND attname = 'trace_id')
                  THEN format(own_about, (SELECT relname FROM pg_class WHERE oid = id)) ELSE own END,
             id = ANY (recorded),
             'Whoever may write stores rows under his own login, and about executions of his own.'),
            ('hooktrace_own_rows_finished', 'UPDATE', everybody, own, own, id = ANY (merged),
             'Whoever may write goes on with rows that he began, and cannot give them to somebody else.')
        ) AS policy (name, command, roles, seen, added, here, meaning)
        WHERE policy.here
        ORDER BY place
    LOOP
        CONTINUE WHEN wanted.stands;
        IF EXISTS (SELECT FROM pg_policy WHERE polrelid = wanted.id AND polname = wanted.name) THEN
            EXECUTE format('DROP POLICY %I ON %s', wanted.name, wanted.id);
        END IF;
        EXECUTE format('CREATE POLICY %I ON %s FOR %s TO %s', wanted.name, wanted.id, wanted.command, array_to_string(wanted.roles, ', '))
                || coalesce(' USING (' || wanted.seen || ')', '') || coalesce(' WITH CHECK (' || wanted.added || ')', '');
        EXECUTE format('COMMENT ON POLICY %I ON %s IS %L', wanted.name, wanted.id, wanted.meaning);
        made := made + 1;
    END LOOP;
    IF made > 0 THEN
        RAISE NOTICE USING ERRCODE = 'HT000', MESSAGE = format('policies: %s made', made);
    END IF;
END
$$;
