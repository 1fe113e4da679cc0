-- sessions_of_agents: a row if a session of a real agent was ever recorded; the proof's own do not count.
SELECT 1 AS recorded FROM execution_traces WHERE kind = 'session' AND source <> 'hooktrace' LIMIT 1
