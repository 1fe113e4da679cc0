-- unlearn_sessions: takes back exactly what the prompts of some sessions taught.
SELECT hooktrace.unlearn(%(session_ids)s) AS removed
