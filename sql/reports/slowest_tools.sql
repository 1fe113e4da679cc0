-- slowest_tools: how often each tool was called, how that ended, and how long it took; the slowest first.
-- Subject: tools
SELECT tool.tool_name AS tool, tool.median_ms, tool.p95_ms, tool.p99_ms, tool.total_ms::bigint, tool.calls,
       tool.success_rate, tool.succeeded, tool.failed, tool.denied, tool.last_started_at
FROM tool_performance(%(since)s, %(until)s) AS tool
ORDER BY tool.p95_ms DESC NULLS LAST, tool.tool_name
LIMIT %(limit)s
