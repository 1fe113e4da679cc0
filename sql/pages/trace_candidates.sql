-- trace_candidates: what the executions or roots are that have these ids; of a root its first execution.
SELECT asked.id, found.kind, found.name, found.prompt_text, found.project, found.started_at
FROM unnest(%(ids)s::uuid[]) AS asked (id)
LEFT JOIN LATERAL (
    SELECT one.kind, one.name, left(one.prompt_text, 300) AS prompt_text, one.project, one.started_at
    FROM execution_traces AS one
    WHERE one.correlation_id = asked.id OR one.root_id = asked.id
    ORDER BY one.correlation_id = asked.id DESC, one.started_at
    LIMIT 1
) AS found ON true
ORDER BY found.started_at DESC NULLS LAST, asked.id
