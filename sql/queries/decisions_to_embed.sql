-- decisions_to_embed: choices whose request has an embedding of another model than the one in use, and how many there are.
SELECT root_id, id, query_text AS text, count(*) OVER () AS total FROM agent_routing_decisions
WHERE query_text IS NOT NULL AND embedding_model <> %(model)s ORDER BY root_id, id LIMIT %(limit)s
