-- claim_chore: notes that a daily chore begins, unless it was done or tried too lately; a row if it is ours to do.
INSERT INTO hooktrace.chores AS known (name, began_at) VALUES (%(chore)s, coalesce(%(now)s::timestamptz, now()))
ON CONFLICT (name) DO UPDATE SET began_at = excluded.began_at, ended_at = NULL, succeeded = NULL
WHERE %(force)s OR known.began_at <= excluded.began_at - CASE WHEN known.succeeded THEN %(every)s::interval ELSE %(retry)s::interval END
RETURNING began_at
