-- forget_exports: removes the notes of which spans of some sessions were sent, and counts them.
WITH gone AS (DELETE FROM hooktrace.exports WHERE session_id = ANY (%(session_ids)s) RETURNING 1)
SELECT count(*) AS removed FROM gone
