-- unresolved_errors: the kinds of failure that nothing has cured yet, the commonest first.
-- Subject: failures
SELECT error.occurrence_count AS occurrences, error.error_type, error.tool_name AS tool,
       error.message_template AS message, error.affected_agents AS agents, error.first_seen_at, error.last_seen_at,
       error.severity
FROM error_patterns AS error
WHERE error.resolution_count = 0
ORDER BY error.occurrence_count DESC
LIMIT %(limit)s
