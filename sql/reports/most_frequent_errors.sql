-- most_frequent_errors: the kinds of failure that occurred most often.
-- Subject: failures
SELECT error.occurrence_count AS occurrences, error.error_type, error.tool_name AS tool,
       error.message_template AS message, error.resolution_count AS resolved, error.affected_agents AS agents,
       error.last_seen_at, error.severity
FROM error_patterns AS error
ORDER BY error.occurrence_count DESC
LIMIT %(limit)s
