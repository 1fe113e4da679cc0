-- prompts_around: the prompt, by its correlation_id, in which each of these tool calls and requests to the model was made.
WITH RECURSIVE around AS (
    SELECT execution.correlation_id AS asked, execution.correlation_id, execution.parent_id, execution.kind
    FROM execution_traces AS execution
    WHERE execution.root_id = %(root_id)s AND execution.correlation_id = ANY (%(call_ids)s)
    UNION
    SELECT request.id, maker.correlation_id, maker.parent_id, maker.kind
    FROM endpoint_calls AS request
    JOIN execution_traces AS maker ON maker.root_id = request.root_id AND maker.correlation_id = request.trace_id
    WHERE request.root_id = %(root_id)s AND request.id = ANY (%(request_ids)s)
    UNION
    SELECT around.asked, above.correlation_id, above.parent_id, above.kind
    FROM around
    JOIN execution_traces AS above ON above.root_id = %(root_id)s AND above.correlation_id = around.parent_id
    WHERE around.kind <> 'prompt'
)
SELECT asked, correlation_id FROM around WHERE kind = 'prompt'
