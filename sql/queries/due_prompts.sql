-- due_prompts: the finished prompts of some sessions that are to be learned, in the order in which they ended: those that
-- never were, those that are due again, those in which anything changed since a moment before the last of their session
-- was learned, and those right before such a one.
WITH RECURSIVE asked AS (
    SELECT given.session_id, coalesce(max(outcome.learned_at) - %(overlap)s::interval, '-infinity') AS since
    FROM unnest(%(session_ids)s::text[]) AS given (session_id)
    LEFT JOIN hooktrace.outcomes AS outcome ON outcome.session_id = given.session_id
    GROUP BY given.session_id
),
changed AS (
    SELECT execution.root_id, execution.correlation_id, execution.parent_id, execution.kind
    FROM asked
    JOIN execution_traces AS execution ON execution.session_id = asked.session_id
    WHERE execution.updated_at > asked.since AND execution.kind <> 'session'
    UNION
    SELECT above.root_id, above.correlation_id, above.parent_id, above.kind
    FROM changed
    JOIN execution_traces AS above ON above.root_id = changed.root_id AND above.correlation_id = changed.parent_id
    WHERE changed.kind <> 'prompt'
),
prompts AS (
    SELECT prompt.root_id, prompt.correlation_id, prompt.status, prompt.completed_at, outcome.learned_at, outcome.version,
           changed.correlation_id IS NOT NULL AS changed,
           lead(changed.correlation_id IS NOT NULL) OVER later AS next_changed
    FROM asked
    JOIN execution_traces AS prompt ON prompt.session_id = asked.session_id AND prompt.kind = 'prompt'
    LEFT JOIN hooktrace.outcomes AS outcome
      ON outcome.root_id = prompt.root_id AND outcome.correlation_id = prompt.correlation_id
    LEFT JOIN changed ON changed.root_id = prompt.root_id AND changed.correlation_id = prompt.correlation_id
    WINDOW later AS (PARTITION BY prompt.session_id ORDER BY prompt.started_at, prompt.correlation_id)
)
SELECT root_id, correlation_id
FROM prompts
WHERE status <> 'in_progress' AND completed_at <= %(settled_before)s
  AND (learned_at IS NULL OR version < %(version)s OR changed OR next_changed)
ORDER BY completed_at, correlation_id
