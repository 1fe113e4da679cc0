-- events_of_execution: the events that told of one session, prompt, subagent or tool call, in their order.
-- Subject: events
SELECT event.started_at, event.hook_type AS event, event.status, event.tool_name AS tool, event.file_path AS file,
       event.error_message, event.duration_ms, event.agent_id, event.session_id, event.id AS event_id
FROM execution_traces AS execution
JOIN hook_executions AS event ON event.root_id = execution.root_id AND event.trace_id = execution.correlation_id
WHERE execution.correlation_id = %(execution)s
ORDER BY event.started_at, event.id
LIMIT %(limit)s
