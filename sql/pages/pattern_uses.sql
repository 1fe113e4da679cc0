-- pattern_uses: the newest uses and offers of one pattern, and how each went; a page of them.
SELECT use.id, use.used_at, use.used, use.outcome, use.match_score, use.expected_duration_ms, use.actual_duration_ms,
       (use.metadata ->> 'offered')::boolean AS offered, use.trace_id AS execution_id, prompt.project,
       left(prompt.prompt_text, 300) AS prompt
FROM pattern_usage_log AS use
LEFT JOIN execution_traces AS prompt ON prompt.root_id = use.root_id AND prompt.correlation_id = use.trace_id
WHERE use.pattern_id = %(pattern)s::uuid
  AND (%(after)s::timestamptz IS NULL OR (use.used_at, use.id) < (%(after)s::timestamptz, %(after_id)s::uuid))
ORDER BY use.used_at DESC, use.id DESC
LIMIT %(limit)s
