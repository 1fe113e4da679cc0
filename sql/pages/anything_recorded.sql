-- anything_recorded: whether there is one execution at all.
SELECT EXISTS (SELECT FROM execution_traces) AS recorded
