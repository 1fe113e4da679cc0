-- decisions_by_strategy: the newest choices made in one way: by the model, by name, from a pattern.
-- Subject: agents and choices
SELECT decision.created_at, decision.agent_selected AS agent, decision.confidence_score AS confidence,
       decision.outcome, decision.query_text AS request, decision.project, decision.session_id,
       decision.trace_id AS execution_id
FROM agent_routing_decisions AS decision
WHERE decision.routing_strategy = %(strategy)s AND decision.created_at >= %(since)s AND decision.created_at < %(until)s
ORDER BY decision.created_at DESC
LIMIT %(limit)s
