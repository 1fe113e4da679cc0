-- decisions_to_judge: the choices of some sessions, with the request of each that has no embedding of a model yet.
SELECT root_id, id, CASE WHEN embedding_model IS DISTINCT FROM %(model)s THEN query_text END AS query_text
FROM agent_routing_decisions WHERE session_id = ANY (%(session_ids)s)
ORDER BY created_at DESC LIMIT %(limit)s
