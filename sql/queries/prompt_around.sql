-- prompt_around: the prompt in which an execution ran.
WITH RECURSIVE above AS (
    SELECT root_id, correlation_id, parent_id, kind FROM execution_traces WHERE correlation_id = %(correlation_id)s
    UNION
    SELECT parent.root_id, parent.correlation_id, parent.parent_id, parent.kind
    FROM above
    JOIN execution_traces AS parent ON parent.root_id = above.root_id AND parent.correlation_id = above.parent_id
    WHERE above.kind <> 'prompt'
)
SELECT root_id, correlation_id FROM above WHERE kind = 'prompt' LIMIT 1
