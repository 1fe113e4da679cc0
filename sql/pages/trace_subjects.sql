-- trace_subjects: what some tool calls were about, as far as their inputs are kept.
SELECT call.correlation_id, left(begun.subject, 300) AS subject
FROM execution_traces AS call
CROSS JOIN LATERAL (
    SELECT coalesce(event.file_path, hooktrace.subject_of(event.input_data)) AS subject
    FROM hook_executions AS event
    WHERE event.root_id = call.root_id AND event.trace_id = call.correlation_id AND event.hook_type = 'PreToolUse'
      AND event.started_at BETWEEN call.started_at - interval '1 day' AND call.started_at + interval '1 day'
    LIMIT 1
) AS begun
WHERE call.root_id = %(root_id)s AND call.correlation_id = ANY (%(correlation_ids)s) AND begun.subject IS NOT NULL
