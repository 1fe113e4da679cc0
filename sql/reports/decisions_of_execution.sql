-- decisions_of_execution: the choices made in one prompt or subagent, in their order.
-- Subject: agents and choices
SELECT decision.created_at, decision.agent_selected AS agent, decision.routing_strategy AS strategy,
       decision.confidence_score AS confidence, decision.outcome, decision.query_text AS request,
       decision.alternatives, decision.pattern_id, decision.session_id
FROM agent_routing_decisions AS decision
WHERE decision.trace_id = %(execution)s
ORDER BY decision.created_at
LIMIT %(limit)s
