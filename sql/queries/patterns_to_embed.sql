-- patterns_to_embed: patterns with a text whose embedding is of another model than the one in use, and how many there are.
SELECT id, prompt_text AS text, count(*) OVER () AS total FROM success_patterns
WHERE prompt_text IS NOT NULL AND embedding_model IS DISTINCT FROM %(model)s ORDER BY id LIMIT %(limit)s
