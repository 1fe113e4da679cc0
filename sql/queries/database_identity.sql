-- database_identity: tells whether two URLs lead to the same database: no two servers started in the same microsecond.
SELECT pg_postmaster_start_time()::text AS started, oid::bigint AS database, datname::text AS name
FROM pg_database WHERE datname = current_database()
