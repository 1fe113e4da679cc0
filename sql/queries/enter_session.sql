-- enter_session: sets for a connection that is closed soon who acts and how long it waits for a lock; for statements that no transaction may hold.
SELECT set_config('role', CASE WHEN pg_has_role(session_user, to_regrole(%(role)s),
                                                CASE WHEN current_setting('server_version_num')::integer >= 160000
                                                     THEN 'SET' ELSE 'MEMBER' END)
                                AND has_schema_privilege(to_regrole(%(role)s), to_regnamespace('hooktrace'), 'USAGE')
                               THEN %(role)s ELSE current_setting('role') END, false),
       set_config('lock_timeout', %(lock_timeout)s, false),
       set_config('statement_timeout', '0', false)
