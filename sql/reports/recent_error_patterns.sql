-- recent_error_patterns: the kinds of failure seen last.
-- Subject: failures
SELECT error.last_seen_at, error.occurrence_count AS occurrences, error.error_type, error.tool_name AS tool,
       error.message_template AS message, error.resolution_count AS resolved, error.affected_projects AS projects,
       error.severity
FROM error_patterns AS error
WHERE error.last_seen_at >= %(since)s AND error.last_seen_at < %(until)s
ORDER BY error.last_seen_at DESC
LIMIT %(limit)s
