-- earlier_choices: the choices of an agent for requests like one, with how they went, nearest first.
SELECT near.similarity, near.agent_selected, near.outcome, near.created_at
FROM similar_routing_decisions(%(embedding)s::real[], %(model)s, %(wanted)s, %(at_least)s) AS near
WHERE near.outcome IS NOT NULL
