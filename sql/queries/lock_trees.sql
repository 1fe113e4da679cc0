-- lock_trees: makes whoever writes to one of these trees wait until this transaction is over.
-- A batch of events and a reading of a transcript touch the same rows, each in its own order: without this they would
-- deadlock.  The keys come sorted, so that neither waits for the other here.
SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) AS key
