-- errors: each type of error with the tool that it befell: how often, when last, and what cured it.
-- Subject: failures
SELECT error.error_count AS occurrences, error.error_type, error.tool_name AS tool, error.last_message,
       error.occurrences_7d, error.occurrences_24h, error.resolution_rate, error.last_occurrence_at,
       error.affected_agents AS agents, error.resolution_pattern AS resolution, error.severity
FROM error_analysis AS error
WHERE error.last_occurrence_at >= %(since)s AND error.last_occurrence_at < %(until)s
ORDER BY error.error_count DESC, error.error_type, error.tool_name
LIMIT %(limit)s
