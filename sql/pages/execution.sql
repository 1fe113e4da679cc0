-- execution: all that is known of one execution itself; of a prompt also how it was judged.
SELECT execution.correlation_id, execution.root_id, execution.session_id, execution.parent_id, execution.parent_certain,
       execution.kind, execution.name, execution.status, execution.started_at, execution.completed_at,
       execution.duration_ms, execution.permission_asked_at, execution.error_type, execution.error_message,
       execution.prompt_text, execution.project, execution.user_id, execution.source, execution.context, execution.tags,
       execution.start_observed,
       CASE WHEN execution.last_started_at > execution.started_at THEN execution.last_started_at END AS resumed_at,
       outcome.verdict, outcome.score, outcome.parts, outcome.rated, outcome.pattern_id
FROM execution_traces AS execution
LEFT JOIN hooktrace.outcomes AS outcome
  ON outcome.root_id = execution.root_id AND outcome.correlation_id = execution.correlation_id
WHERE execution.root_id = %(root_id)s AND execution.correlation_id = %(correlation_id)s
