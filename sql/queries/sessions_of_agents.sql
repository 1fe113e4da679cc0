-- sessions_of_agents: a row if the start of a real agent's session was ever seen; the proof's own does not count,
-- nor does the lone SessionEnd of the client's management commands (`claude mcp list`).
SELECT 1 AS recorded FROM execution_traces WHERE kind = 'session' AND source <> 'hooktrace' AND start_observed LIMIT 1
