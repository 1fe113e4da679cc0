-- lock_tombstones: makes whoever is about to store something wait until new tombstones are committed, and waits for whoever has looked.
LOCK TABLE hooktrace.tombstones IN ACCESS EXCLUSIVE MODE
