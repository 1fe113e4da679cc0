-- trace_commits: the commits that the shell commands of a root made, as git tells of them: [main 1a2b3c4] and the subject.
SELECT DISTINCT ON (event.started_at, event.trace_id, told[1])
       event.trace_id AS correlation_id, event.started_at, told[1] AS sha, left(told[2], 200) AS subject
FROM hook_executions AS event
CROSS JOIN LATERAL regexp_matches(event.output_data ->> 'stdout', '\[[^][]+ ([0-9a-f]{7,40})\] ([^\n]*)', 'g') AS told
WHERE event.root_id = %(root_id)s AND event.started_at >= %(since)s AND event.hook_type = 'PostToolUse'
  AND event.tool_name = 'Bash' AND strpos(event.input_data ->> 'command', 'commit') > 0
ORDER BY event.started_at, event.trace_id, told[1]
