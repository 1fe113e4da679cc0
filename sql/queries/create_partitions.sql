-- create_partitions: makes this month's and the next months' partitions of hook_executions where they are missing.
SELECT hooktrace.create_partitions(now()) AS created
