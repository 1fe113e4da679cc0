-- Four group roles.  Nobody logs in as one of them: people and collectors have logins of their own,
-- and are granted one (GRANT hooktrace_writer TO alice).  Roles belong to the whole server; what they
-- may do belongs to each database, and is said by the files after this one.
--
-- Of all files here: names without a schema are looked up in the schema that holds the traces.  Each
-- may run again at any time, and changes only what is not as it should be.  What it changes it tells
-- (NOTICE, SQLSTATE HT000).  All run in one transaction, after the migrations.

SET LOCAL ROLE NONE;  -- the login itself: creating a role needs CREATEROLE
SET LOCAL client_min_messages = notice;

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN SELECT * FROM (VALUES
        ('hooktrace_owner',
         'Owns all objects of hooktrace: migrations, partitions, retention and learning run as it. Policies do not hold it back.'),
        ('hooktrace_writer',
         'What a collector is: stores rows under its login''s name, finishes and reads these, and sees nobody else''s.'),
        ('hooktrace_reader',
         'Reads what was stored under its login''s name.'),
        ('hooktrace_auditor',
         'Reads everybody''s rows, and changes none.')
    ) AS role (name, meaning) LOOP
        IF to_regrole(wanted.name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted.name);
                EXECUTE format('COMMENT ON ROLE %I IS %L', wanted.name, wanted.meaning);
                RAISE NOTICE USING ERRCODE = 'HT000', MESSAGE = format('role %s: created', wanted.name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- from another database of this server, at the same moment
            END;
        END IF;
        IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = wanted.name) THEN
            RAISE EXCEPTION 'role % would see everything: ALTER ROLE % NOSUPERUSER NOBYPASSRLS', wanted.name, wanted.name;
        END IF;
    END LOOP;
END
$$;
