-- errors_of_type: the kinds of failure of one error type, those seen last first.
-- Subject: failures
SELECT error.last_seen_at, error.occurrence_count AS occurrences, error.tool_name AS tool,
       error.message_template AS message, error.resolution_count AS resolved, error.affected_projects AS projects,
       error.resolution_pattern AS resolution, error.severity
FROM error_patterns AS error
WHERE error.error_type = %(type)s AND error.last_seen_at >= %(since)s AND error.last_seen_at < %(until)s
ORDER BY error.last_seen_at DESC
LIMIT %(limit)s
