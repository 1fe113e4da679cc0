-- execution_failure: the kind of failure that a call was counted as when its prompt was learned from; how it was cured
-- there, how often it occurred in all, and what cured it.
WITH RECURSIVE above AS (
    SELECT call.root_id, call.correlation_id, call.parent_id, call.kind
    FROM execution_traces AS call
    WHERE call.root_id = %(root_id)s AND call.correlation_id = %(correlation_id)s AND NOT call.success
    UNION
    SELECT outer_one.root_id, outer_one.correlation_id, outer_one.parent_id, outer_one.kind
    FROM above
    JOIN execution_traces AS outer_one ON outer_one.root_id = above.root_id AND outer_one.correlation_id = above.parent_id
    WHERE above.kind <> 'prompt'
)
SELECT kind.key AS fingerprint, kind.value ->> 'template' AS template, kind.value ->> 'category' AS category,
       kind.value ->> 'severity' AS severity, kind.value -> 'cures' AS cures_here,
       known.id, known.occurrence_count, known.resolution_count, known.resolution_pattern
FROM above
JOIN hooktrace.outcomes AS outcome ON outcome.root_id = above.root_id AND outcome.correlation_id = above.correlation_id
CROSS JOIN LATERAL jsonb_each(outcome.learned -> 'errors') AS kind
LEFT JOIN error_patterns AS known ON known.user_id = outcome.user_id AND known.fingerprint = kind.key
WHERE above.kind = 'prompt' AND kind.value -> 'samples' ? %(correlation_id)s::text
LIMIT 1
