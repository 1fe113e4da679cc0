-- root_of_task: the tree that a task is in, by its id; whoever it started may know another one from the environment.
SELECT root_id FROM execution_traces WHERE correlation_id = %(correlation_id)s AND kind = 'task' LIMIT 1
