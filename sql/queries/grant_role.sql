-- grant_role: lets a login act as a role.
GRANT {role} TO {login}
