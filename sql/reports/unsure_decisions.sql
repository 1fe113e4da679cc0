-- unsure_decisions: the newest choices made with a confidence below one half.
-- Subject: agents and choices
SELECT decision.created_at, decision.agent_selected AS agent, decision.routing_strategy AS strategy,
       decision.confidence_score AS confidence, decision.outcome, decision.query_text AS request,
       decision.alternatives, decision.project, decision.session_id, decision.trace_id AS execution_id
FROM agent_routing_decisions AS decision
WHERE decision.confidence_score < 0.5 AND decision.created_at >= %(since)s AND decision.created_at < %(until)s
ORDER BY decision.created_at DESC
LIMIT %(limit)s
