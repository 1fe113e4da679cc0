-- settle_sessions: closes what is still in progress in some sessions beneath something that is over.
SELECT hooktrace.settle(%(root_ids)s, %(correlation_ids)s, %(now)s) AS closed
