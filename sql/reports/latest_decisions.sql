-- latest_decisions: the newest choices of an agent, skill or command.
-- Subject: agents and choices
SELECT decision.created_at, decision.agent_selected AS agent, decision.routing_strategy AS strategy,
       decision.confidence_score AS confidence, decision.outcome, decision.query_text AS request, decision.project,
       decision.session_id, decision.trace_id AS execution_id
FROM agent_routing_decisions AS decision
WHERE decision.created_at >= %(since)s AND decision.created_at < %(until)s
ORDER BY decision.created_at DESC
LIMIT %(limit)s
