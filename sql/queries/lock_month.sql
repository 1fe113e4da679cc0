-- lock_month: keeps everybody else out of one partition of hook_executions until the transaction ends.
LOCK TABLE {} IN ACCESS EXCLUSIVE MODE
