-- execution_told: what went into one execution first, what came out of it last, and whether either was removed with its age.
WITH told AS (
    SELECT event.id, event.started_at, event.tool_use_id, event.input_data, event.output_data, event.metadata
    FROM hook_executions AS event
    WHERE event.root_id = %(root_id)s AND event.trace_id = %(correlation_id)s AND event.started_at >= %(since)s
)
SELECT (SELECT input_data FROM told WHERE jsonb_typeof(input_data) <> 'null' ORDER BY started_at, id LIMIT 1)             AS given,
       (SELECT output_data FROM told WHERE jsonb_typeof(output_data) <> 'null' ORDER BY started_at DESC, id DESC LIMIT 1) AS answered,
       (SELECT tool_use_id FROM told WHERE tool_use_id IS NOT NULL ORDER BY started_at, id LIMIT 1)                       AS tool_use_id,
       EXISTS (SELECT FROM told WHERE metadata ? 'aged')                                                                  AS aged
