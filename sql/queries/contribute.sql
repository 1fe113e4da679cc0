-- contribute: carries what a prompt teaches into the learned tables, and takes back what it taught before.
SELECT hooktrace.contribute(%(user_id)s, %(root_id)s, %(correlation_id)s, %(old)s, %(new)s, %(used_at)s)
