-- purge_traces: removes executions that ended before a time, with what belongs to them, at most so many at once.
SELECT table_name, row_count FROM purge_traces(%(before)s, false, %(batch)s)
