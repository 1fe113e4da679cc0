-- create_books: makes the books of the migrations in schema hooktrace, as yoyo-migrations knows them, and the list of what stands.

CREATE TABLE IF NOT EXISTS hooktrace._yoyo_migration (
    migration_hash varchar(64)  NOT NULL PRIMARY KEY,
    migration_id   varchar(255),
    applied_at_utc timestamp
);
COMMENT ON TABLE hooktrace._yoyo_migration IS
    'One row per migration file that was applied. Its hash: 32 digits of schema and name, 32 of these and the content.';

CREATE TABLE IF NOT EXISTS hooktrace._yoyo_log (
    id             varchar(36)  NOT NULL PRIMARY KEY,
    migration_hash varchar(64),
    migration_id   varchar(255),
    operation      varchar(10),
    username       varchar(255),
    hostname       varchar(255),
    comment        varchar(255),
    created_at_utc timestamp
);
COMMENT ON TABLE hooktrace._yoyo_log IS 'Who applied which migration file, from where, and when.';

CREATE TABLE IF NOT EXISTS hooktrace._yoyo_version (
    version          integer   NOT NULL PRIMARY KEY,
    installed_at_utc timestamp
);
COMMENT ON TABLE hooktrace._yoyo_version IS 'The form of these three tables, by which yoyo-migrations knows them.';
INSERT INTO hooktrace._yoyo_version SELECT 2, now() AT TIME ZONE 'UTC'
WHERE NOT EXISTS (SELECT FROM hooktrace._yoyo_version);

CREATE TABLE IF NOT EXISTS hooktrace.objects (
    kind         text        NOT NULL,
    name         text        NOT NULL,
    definition   text        NOT NULL,
    server_major integer     NOT NULL DEFAULT current_setting('server_version_num')::integer / 10000,
    recorded_at  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT objects_pkey PRIMARY KEY (kind, name)
);
COMMENT ON TABLE hooktrace.objects IS
    'What the migrations made, as it stood right afterwards: by it a loss and a later change are noticed.';
COMMENT ON COLUMN hooktrace.objects.kind         IS 'table, view, index, constraint, trigger, function, type, policy or row security.';
COMMENT ON COLUMN hooktrace.objects.name         IS 'Without the schema that the settings name; with hooktrace. where it stands there.';
COMMENT ON COLUMN hooktrace.objects.definition   IS 'As the server words it, its comments included.';
COMMENT ON COLUMN hooktrace.objects.server_major IS 'PostgreSQL''s major version that worded it: they differ.';
COMMENT ON COLUMN hooktrace.objects.recorded_at  IS 'When it was made, or last changed by a migration.';
