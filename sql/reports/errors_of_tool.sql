-- errors_of_tool: how one tool fails, the commonest way first.
-- Subject: failures
SELECT error.occurrence_count AS occurrences, error.error_type, error.message_template AS message,
       error.resolution_count AS resolved, error.resolution_pattern AS resolution, error.last_seen_at, error.severity
FROM error_patterns AS error
WHERE error.tool_name = %(tool)s
ORDER BY error.occurrence_count DESC
LIMIT %(limit)s
