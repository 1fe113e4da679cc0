-- limit_lock_wait: sets for one transaction how long to wait for a lock: who waits holds up whoever comes after.
SELECT set_config('lock_timeout', %(limit)s, true)
