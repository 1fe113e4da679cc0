-- patterns: the ways of working, the surest first, with how often each was used and offered; a page of them.
-- The page is chosen before the view counts: it does so row by row.
WITH chosen AS (
    SELECT pattern.id
    FROM success_patterns AS pattern
    WHERE (%(intent)s::text IS NULL OR strpos(lower(pattern.intent), lower(%(intent)s)) > 0)
      AND (%(keyword)s::text IS NULL OR pattern.keywords @> ARRAY[%(keyword)s::text])
      AND (%(at_least)s::double precision IS NULL OR pattern.confidence_score >= %(at_least)s)
      AND (%(project)s::text IS NULL OR EXISTS (
          SELECT FROM pattern_usage_log AS use
          JOIN execution_traces AS prompt ON prompt.root_id = use.root_id AND prompt.correlation_id = use.trace_id
          WHERE use.pattern_id = pattern.id AND use.used AND prompt.project = %(project)s))
      AND (%(after)s::double precision IS NULL
           OR (coalesce(pattern.confidence_score, -1), pattern.id) < (%(after)s::double precision, %(after_id)s::uuid))
    ORDER BY pattern.confidence_score DESC NULLS LAST, pattern.id DESC
    LIMIT %(limit)s
)
SELECT pattern.pattern_id, pattern.intent, pattern.agent_sequence AS agents, pattern.tool_sequence AS tools,
       pattern.total_usage_count AS uses, pattern.success_count AS succeeded, pattern.failure_count AS failed,
       pattern.rated_uses AS rated, pattern.success_rate, pattern.confidence_score AS confidence, pattern.avg_duration_ms,
       pattern.times_offered AS offered, pattern.times_followed AS followed,
       pattern.last_used_at
FROM chosen
JOIN pattern_effectiveness AS pattern ON pattern.pattern_id = chosen.id
ORDER BY pattern.confidence_score DESC NULLS LAST, pattern.pattern_id DESC
