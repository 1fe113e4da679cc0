-- missing_roles: which of these roles a login may not act as; without its name the login of this session.  A superuser may all.
SELECT login.rolname::text AS login, role
FROM pg_roles AS login
CROSS JOIN unnest(%(roles)s::text[]) AS role
WHERE login.rolname = coalesce(%(login)s, session_user) AND NOT login.rolsuper
  AND (to_regrole(role) IS NULL
       OR NOT pg_has_role(login.oid, to_regrole(role), CASE WHEN current_setting('server_version_num')::integer >= 160000
                                                            THEN 'SET' ELSE 'MEMBER' END))
ORDER BY role
