-- known_errors: the kinds of failure, the commonest first, with what cured them.
SELECT id, fingerprint, tool_name, error_type, error_category, severity, message_template, occurrence_count, resolution_count,
       resolution_pattern, affected_agents, affected_projects, first_seen_at, last_seen_at, sample_trace_ids
FROM error_patterns
ORDER BY occurrence_count DESC, last_seen_at DESC, id LIMIT %(limit)s
