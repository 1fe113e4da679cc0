-- has_owners_rights: tells whether this login has the rights of the tables' owner without acting as that role.
SELECT pg_has_role(session_user, relowner, 'USAGE') AS has FROM pg_class WHERE oid = to_regclass('hooktrace._yoyo_migration')
