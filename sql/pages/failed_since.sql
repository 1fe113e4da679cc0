-- failed_since: what failed or was refused since a time, the newest first, each with the kind of failure that was learned
-- of it, and how often that was cured.
WITH RECURSIVE failure AS MATERIALIZED (
    SELECT * FROM execution_traces
    WHERE NOT success AND kind IN ('tool', 'agent', 'prompt') AND started_at >= %(since)s
    ORDER BY started_at DESC
    LIMIT %(limit)s
), above AS (
    SELECT root_id, correlation_id AS failed_id, correlation_id, parent_id, kind FROM failure WHERE kind = 'tool'
    UNION
    SELECT above.root_id, above.failed_id, outer_one.correlation_id, outer_one.parent_id, outer_one.kind
    FROM above
    JOIN execution_traces AS outer_one ON outer_one.root_id = above.root_id AND outer_one.correlation_id = above.parent_id
    WHERE above.kind <> 'prompt'
)
SELECT failure.correlation_id, failure.root_id, failure.session_id, failure.kind, failure.name, failure.status,
       failure.started_at, failure.duration_ms, failure.error_type, left(failure.error_message, 500) AS error_message,
       failure.project, known.id AS error_id, known.resolution_count
FROM failure
LEFT JOIN LATERAL (
    SELECT kind.id, kind.resolution_count
    FROM above
    JOIN hooktrace.outcomes AS outcome ON outcome.root_id = above.root_id AND outcome.correlation_id = above.correlation_id
    CROSS JOIN LATERAL jsonb_each(outcome.learned -> 'errors') AS seen
    JOIN error_patterns AS kind ON kind.user_id = outcome.user_id AND kind.fingerprint = seen.key
    WHERE above.failed_id = failure.correlation_id AND above.root_id = failure.root_id AND above.kind = 'prompt'
      AND seen.value -> 'samples' ? failure.correlation_id::text
    LIMIT 1
) AS known ON true
ORDER BY failure.started_at DESC
