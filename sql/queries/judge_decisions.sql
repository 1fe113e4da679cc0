-- judge_decisions: how the choices of some sessions went: failed is what was started and failed; else as the prompt went,
-- where that was judged, and else by what was started: an agent, else the call or the prompt.
UPDATE agent_routing_decisions AS decision
SET outcome = judged.outcome, updated_at = %(now)s
FROM (
    SELECT chosen.root_id, chosen.id,
           CASE WHEN coalesce(agent.status, started.status) IN ('failed', 'timeout') THEN 'failure'
                WHEN prompt.verdict IS NOT NULL THEN prompt.verdict
                WHEN coalesce(agent.status, started.status) = 'completed' THEN 'success' END AS outcome
    FROM agent_routing_decisions AS chosen
    JOIN execution_traces AS started
      ON started.root_id = chosen.root_id AND started.correlation_id = (chosen.metadata ->> 'started')::uuid
    LEFT JOIN execution_traces AS agent
      ON agent.root_id = started.root_id AND agent.parent_id = started.correlation_id AND agent.kind = 'agent'
     AND started.kind = 'tool'
    LEFT JOIN hooktrace.outcomes AS prompt
      ON prompt.root_id = chosen.root_id AND prompt.correlation_id = chosen.trace_id
    WHERE chosen.session_id = ANY (%(session_ids)s)
) AS judged
WHERE decision.root_id = judged.root_id AND decision.id = judged.id
  AND judged.outcome IS NOT NULL AND decision.outcome IS DISTINCT FROM judged.outcome
