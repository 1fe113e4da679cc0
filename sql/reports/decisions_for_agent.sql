-- decisions_for_agent: when one agent, skill or command was chosen, the newest first.
-- Subject: agents and choices
SELECT decision.created_at, decision.routing_strategy AS strategy, decision.confidence_score AS confidence,
       decision.outcome, decision.query_text AS request, decision.project, decision.session_id,
       decision.trace_id AS execution_id
FROM agent_routing_decisions AS decision
WHERE decision.agent_selected = %(agent)s AND decision.created_at >= %(since)s AND decision.created_at < %(until)s
ORDER BY decision.created_at DESC
LIMIT %(limit)s
