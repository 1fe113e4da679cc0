-- describe_decision: gives a choice the embedding of its request.
UPDATE agent_routing_decisions SET query_embedding = %(embedding)s, embedding_model = %(model)s
WHERE root_id = %(root_id)s AND id = %(id)s
