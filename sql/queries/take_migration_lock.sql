-- take_migration_lock: waits for whoever migrates this database; the end of the transaction gives the lock back.
SELECT pg_advisory_xact_lock(%(key)s)
