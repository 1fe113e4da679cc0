-- due_everywhere: the finished prompts that are to be learned, in the order in which they ended: those that never were, are
-- due again, or were changed themselves since they were.
SELECT prompt.root_id, prompt.correlation_id
FROM execution_traces AS prompt
LEFT JOIN hooktrace.outcomes AS outcome
  ON outcome.root_id = prompt.root_id AND outcome.correlation_id = prompt.correlation_id
WHERE prompt.kind = 'prompt' AND prompt.status <> 'in_progress' AND prompt.completed_at <= %(settled_before)s
  AND (outcome.learned_at IS NULL OR outcome.version < %(version)s OR prompt.updated_at > outcome.learned_at)
ORDER BY prompt.completed_at, prompt.correlation_id
