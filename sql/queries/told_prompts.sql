-- told_prompts: what is told of some prompts themselves: what was asked, in which surroundings, how it ended, what came next.
SELECT prompt.root_id, prompt.correlation_id, prompt.session_id, prompt.user_id, prompt.status, prompt.error_type,
       prompt.started_at, prompt.completed_at, prompt.duration_ms, prompt.prompt_text, prompt.project, prompt.source,
       next.prompt_text AS next_text, next.started_at AS next_at, outcome.rated,
       coalesce(outcome.version > 0, false) AS judged, outcome.score, outcome.verdict, outcome.parts, coalesce(hooktrace.contribution(outcome), '{}') AS learned,
       session.context ->> 'version' AS client_version, session.context ->> 'model' AS session_model,
       decided.context ->> 'instructions' AS instructions,
       EXISTS (SELECT FROM hook_executions AS event
               WHERE event.root_id = prompt.root_id AND event.trace_id = prompt.correlation_id
                 AND event.started_at BETWEEN prompt.started_at - interval '1 day' AND prompt.started_at + interval '1 day'
                 AND event.metadata ? 'aged') AS aged
FROM unnest(%(root_ids)s::uuid[], %(correlation_ids)s::uuid[]) WITH ORDINALITY AS asked (root_id, correlation_id, place)
JOIN execution_traces AS prompt ON prompt.root_id = asked.root_id AND prompt.correlation_id = asked.correlation_id
LEFT JOIN hooktrace.outcomes AS outcome
  ON outcome.root_id = prompt.root_id AND outcome.correlation_id = prompt.correlation_id
LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = prompt.session_id
LEFT JOIN execution_traces AS session
  ON session.root_id = prompt.root_id AND session.correlation_id = prompt.parent_id AND session.kind = 'session'
LEFT JOIN LATERAL (
    SELECT later.prompt_text, later.started_at
    FROM execution_traces AS later
    WHERE later.root_id = prompt.root_id AND later.parent_id = prompt.parent_id AND later.kind = 'prompt'
      AND (later.started_at, later.correlation_id) > (prompt.started_at, prompt.correlation_id)
    ORDER BY later.started_at, later.correlation_id LIMIT 1
) AS next ON true
ORDER BY asked.place
