-- enter_transaction: sets for one transaction where names are looked up, how long a statement may take, and who acts.
-- pg_temp is named last: unnamed it comes first, and a temporary table would stand in for one of ours.
-- What is written is written by key, so a plan made once serves: to plan takes longer than to carry it out.  It may
-- have been made while the tables were empty, when to read them whole seemed as good; so that is not offered.
-- A role without rights in this database was made for another one of the same server.
SELECT set_config('search_path', quote_ident(%(schema)s) || ', public, pg_temp', true),
       set_config('statement_timeout', coalesce(%(statement_timeout)s::text, current_setting('statement_timeout')), true),
       set_config('plan_cache_mode',
                  CASE WHEN %(by_key)s THEN 'force_generic_plan' ELSE current_setting('plan_cache_mode') END, true),
       set_config('enable_seqscan', CASE WHEN %(by_key)s THEN 'off' ELSE current_setting('enable_seqscan') END, true),
       set_config('role', coalesce((SELECT role
                                    FROM unnest(%(roles)s::text[]) WITH ORDINALITY AS wanted (role, place)
                                    WHERE pg_has_role(session_user, to_regrole(role),
                                                      CASE WHEN current_setting('server_version_num')::integer >= 160000
                                                           THEN 'SET' ELSE 'MEMBER' END)
                                      AND has_schema_privilege(to_regrole(role), to_regnamespace('hooktrace'), 'USAGE')
                                    ORDER BY place
                                    LIMIT 1), current_setting('role')), true)
