-- mark_migration: notes a migration that was applied by hand, as the migrations note what they apply.
WITH marked AS (
    INSERT INTO hooktrace._yoyo_migration (migration_hash, migration_id, applied_at_utc)
    VALUES (%(hash)s, %(id)s, now() AT TIME ZONE 'UTC')
    ON CONFLICT DO NOTHING
    RETURNING migration_hash, migration_id, applied_at_utc
)
INSERT INTO hooktrace._yoyo_log (id, migration_hash, migration_id, operation, username, created_at_utc)
SELECT gen_random_uuid(), migration_hash, migration_id, 'mark', session_user, applied_at_utc FROM marked
