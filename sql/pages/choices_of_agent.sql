-- choices_of_agent: the newest choices of one agent, skill or command in a period, and how each went.
SELECT decision.created_at, decision.routing_strategy AS strategy, decision.confidence_score AS confidence, decision.outcome,
       left(decision.query_text, 500) AS request, decision.project, decision.trace_id AS execution_id
FROM agent_routing_decisions AS decision
WHERE decision.agent_selected = %(agent)s AND decision.created_at >= %(since)s AND decision.created_at < %(until)s
  AND (%(project)s::text IS NULL OR decision.project = %(project)s) AND (%(user)s::text IS NULL OR decision.user_id = %(user)s)
ORDER BY decision.created_at DESC, decision.id DESC
LIMIT %(limit)s
