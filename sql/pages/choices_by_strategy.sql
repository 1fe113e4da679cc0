-- choices_by_strategy: how the choices of agents, skills and commands in a period went, by how they were made.
SELECT decision.routing_strategy                                                     AS strategy,
       count(*)                                                                      AS choices,
       count(*) FILTER (WHERE decision.outcome = 'success')                          AS succeeded,
       count(*) FILTER (WHERE decision.outcome = 'failure')                          AS failed,
       count(decision.outcome)                                                       AS judged,
       count(*) FILTER (WHERE decision.outcome = 'success')::double precision
           / nullif(count(decision.outcome), 0)                                      AS success_rate,
       avg(decision.confidence_score)                                                AS avg_confidence,
       count(decision.confidence_score)                                              AS confident,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY decision.decision_duration_ms)    AS p50_ms
FROM agent_routing_decisions AS decision
WHERE decision.created_at >= %(since)s AND decision.created_at < %(until)s
  AND (%(project)s::text IS NULL OR decision.project = %(project)s) AND (%(user)s::text IS NULL OR decision.user_id = %(user)s)
GROUP BY decision.routing_strategy
ORDER BY count(*) DESC, decision.routing_strategy
