-- take_upkeep: takes, for one transaction, what keeps two upkeeps of one database apart, and says how long to wait for locks.
SELECT pg_try_advisory_xact_lock(%(key)s) AS taken, set_config('lock_timeout', %(lock_timeout)s, true)
