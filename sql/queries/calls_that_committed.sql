-- calls_that_committed: the calls that ended in a period and whose output tells of a commit as git does when it makes
-- one: [main 1a2b3c4] and the subject.
SELECT DISTINCT event.root_id, event.trace_id AS call_id, event.session_id
FROM hook_executions AS event
WHERE event.started_at >= %(since)s AND event.started_at < %(until)s
  AND event.hook_type IN ('PostToolUse', 'PostToolUseFailure') AND event.tool_use_id IS NOT NULL
  AND EXISTS (SELECT FROM regexp_matches(event.output_data::text, '\[[^][]+ ([0-9a-f]{4,40})\]', 'g') AS told
              WHERE starts_with(%(commit)s, told[1]))
