-- found_pattern: founds the pattern of a way that succeeded, or gives one back its texts; prompts that went this way in vain are due.
WITH waiting AS (
    UPDATE hooktrace.outcomes SET learned_at = NULL
    WHERE user_id = %(user_id)s AND way = %(way)s AND pattern_id IS NULL AND correlation_id <> %(correlation_id)s
)
INSERT INTO success_patterns AS known (id, pattern_hash, user_id, intent, keywords, prompt_text, prompt_embedding, embedding_model,
                                       agent_sequence, tool_sequence, metadata)
VALUES (md5(%(user_id)s::text || ' ' || %(way)s::text)::uuid, %(way)s, %(user_id)s, %(intent)s, %(keywords)s::text[], %(text)s,
        %(embedding)s::real[], %(model)s, %(agents)s::text[], %(tools)s::text[],
        jsonb_build_object('founder', %(correlation_id)s::uuid))
ON CONFLICT (user_id, pattern_hash) DO UPDATE
SET intent = excluded.intent, keywords = excluded.keywords, prompt_text = excluded.prompt_text,
    prompt_embedding = excluded.prompt_embedding, embedding_model = excluded.embedding_model,
    metadata = known.metadata || excluded.metadata
RETURNING id
