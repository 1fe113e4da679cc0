-- drop_month: drops a month's partition of hook_executions with all its events.
SELECT hooktrace.drop_month(%(name)s) AS dropped
