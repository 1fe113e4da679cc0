-- latest_traces: the newest prompts, each with what lies beneath it counted.
-- Subject: sessions and prompts
SELECT trace.started_at, trace.status, trace.duration_ms, trace.prompt_text AS prompt, trace.tool_count AS tools,
       trace.failed_tool_count AS failed_tools, trace.cost_usd, trace.agent_count AS agents,
       trace.agent_selected AS agent, trace.endpoint_count AS outside_calls, trace.input_tokens, trace.output_tokens,
       trace.project, trace.session_id, trace.trace_id AS execution_id
FROM trace_summary AS trace
WHERE trace.started_at >= %(since)s AND trace.started_at < %(until)s
ORDER BY trace.started_at DESC
LIMIT %(limit)s
