-- applied_migrations: the migration files that were applied, by name.
SELECT migration_id, migration_hash, applied_at_utc FROM hooktrace._yoyo_migration ORDER BY migration_id
