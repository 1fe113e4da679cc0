-- unjudged_decisions: choices of which it is not known yet how they went, the oldest first.
-- Subject: agents and choices
SELECT decision.created_at, decision.agent_selected AS agent, decision.routing_strategy AS strategy,
       decision.confidence_score AS confidence, decision.query_text AS request, decision.project, decision.session_id,
       decision.trace_id AS execution_id
FROM agent_routing_decisions AS decision
WHERE decision.outcome IS NULL AND decision.created_at >= %(since)s AND decision.created_at < %(until)s
ORDER BY decision.created_at
LIMIT %(limit)s
