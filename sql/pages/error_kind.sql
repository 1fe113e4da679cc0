-- error_kind: one kind of failure, by its id, by its fingerprint, or by the id of a failed call that was counted for it.
WITH RECURSIVE above AS (
    SELECT root_id, correlation_id, parent_id, kind FROM execution_traces WHERE correlation_id = %(id)s::uuid AND kind = 'tool'
    UNION
    SELECT next.root_id, next.correlation_id, next.parent_id, next.kind
    FROM above
    JOIN execution_traces AS next ON next.root_id = above.root_id AND next.correlation_id = above.parent_id
    WHERE above.kind <> 'prompt'
), meant AS (
    SELECT %(id)s::uuid AS id
    UNION ALL
    SELECT known.id
    FROM above
    JOIN hooktrace.outcomes AS outcome ON outcome.root_id = above.root_id AND outcome.correlation_id = above.correlation_id
    CROSS JOIN LATERAL jsonb_each(outcome.learned -> 'errors') AS seen
    JOIN error_patterns AS known ON known.user_id = outcome.user_id AND known.fingerprint = seen.key
    WHERE seen.value -> 'samples' ? %(id)s::text
)
SELECT known.id, known.fingerprint, known.user_id, known.tool_name AS tool, known.error_type, known.error_category, known.severity,
       known.message_template AS message, known.occurrence_count AS occurrences, known.resolution_count AS cured,
       known.resolution_pattern AS cures, known.affected_agents AS agents, known.affected_projects AS projects,
       known.first_seen_at, known.last_seen_at, known.metadata -> 'agents' AS by_agent, known.metadata -> 'projects' AS by_project,
       known.sample_trace_ids
FROM error_patterns AS known
WHERE known.id IN (SELECT meant.id FROM meant) OR known.fingerprint = %(fingerprint)s
ORDER BY known.occurrence_count DESC, known.id
LIMIT 1
