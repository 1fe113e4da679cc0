-- embed_pattern: gives a pattern the embedding of its example prompt.
UPDATE success_patterns SET prompt_embedding = %(embedding)s, embedding_model = %(model)s WHERE id = %(id)s
