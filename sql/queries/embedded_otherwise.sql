-- embedded_otherwise: how many patterns and choices have an embedding of another model than the one in use.
SELECT (SELECT count(*) FROM success_patterns WHERE embedding_model <> %(model)s)
       + (SELECT count(*) FROM agent_routing_decisions WHERE embedding_model <> %(model)s) AS rows
