-- lock_learning: waits until nobody else learns, or forgets what was learned, and keeps them waiting until this transaction is over.
SELECT pg_advisory_xact_lock(%(key)s)
