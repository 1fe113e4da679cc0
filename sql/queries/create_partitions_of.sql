-- create_partitions_of: makes the partition of hook_executions for the month of a row, where it is missing.
SELECT hooktrace.create_partitions(%(moment)s::timestamptz, 1)
