-- unembedded_patterns: the patterns that a search by meaning does not find yet, the oldest first.
-- Subject: patterns
SELECT pattern.created_at, pattern.intent, pattern.prompt_text AS prompt, pattern.usage_count AS uses,
       pattern.id AS pattern_id
FROM success_patterns AS pattern
WHERE pattern.prompt_embedding IS NULL
ORDER BY pattern.created_at
LIMIT %(limit)s
