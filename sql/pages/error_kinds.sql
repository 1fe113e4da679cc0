-- error_kinds: the kinds of failure that were seen in a period, the commonest first, with what cured them; a page of them.
SELECT known.id, known.tool_name AS tool, known.error_type, known.error_category, known.severity,
       known.message_template AS message, known.occurrence_count AS occurrences, known.resolution_count AS cured,
       known.resolution_pattern AS cures, known.affected_agents AS agents, known.affected_projects AS projects,
       known.first_seen_at, known.last_seen_at
FROM error_patterns AS known
WHERE known.last_seen_at >= %(since)s AND known.last_seen_at < %(until)s
  AND (%(tool)s::text IS NULL OR known.tool_name = %(tool)s)
  AND (%(project)s::text IS NULL OR %(project)s = ANY (known.affected_projects))
  AND (%(user)s::text IS NULL OR known.user_id = %(user)s)
  AND (%(cured)s::boolean IS NULL OR (known.resolution_count > 0) = %(cured)s)
  AND (%(after)s::bigint IS NULL OR (known.occurrence_count, known.id) < (%(after)s::bigint, %(after_id)s::uuid))
ORDER BY known.occurrence_count DESC, known.id DESC
LIMIT %(limit)s
