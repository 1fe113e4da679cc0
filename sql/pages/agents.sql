-- agents: what each agent, or one of them, did in a period, how it ended, how long it took, and how often and how well it was chosen.
-- Of all times, projects and users these are the figures of agent_performance; `main` is the main thread, whose runs are the prompts.
WITH runs AS (
    SELECT CASE WHEN kind = 'prompt' THEN 'main' ELSE coalesce(name, 'unknown') END AS agent, status, started_at, duration_ms
    FROM execution_traces
    WHERE kind IN ('prompt', 'agent') AND started_at >= %(since)s AND started_at < %(until)s
      AND (%(project)s::text IS NULL OR project = %(project)s) AND (%(user)s::text IS NULL OR user_id = %(user)s)
      AND (%(agent)s::text IS NULL OR kind = 'prompt' AND %(agent)s = 'main' OR kind = 'agent' AND coalesce(name, 'unknown') = %(agent)s)
), performance AS (
    SELECT agent,
           count(*)                                                                  AS runs,
           count(*) FILTER (WHERE status = 'completed')                              AS succeeded,
           count(*) FILTER (WHERE status IN ('failed', 'timeout'))                   AS failed,
           count(*) FILTER (WHERE status IN ('cancelled', 'denied'))                 AS cancelled,
           count(*) FILTER (WHERE status = 'in_progress')                            AS running,
           percentile_cont(0.5)  WITHIN GROUP (ORDER BY duration_ms)                 AS p50_ms,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms)                 AS p95_ms,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms)                 AS p99_ms,
           count(duration_ms)                                                        AS timed,
           sum(duration_ms)::bigint                                                  AS total_ms,
           max(started_at)                                                           AS last_used_at
    FROM runs
    GROUP BY agent
), routed AS (
    SELECT agent_selected                                                            AS agent,
           count(*)                                                                  AS times_selected,
           count(*) FILTER (WHERE outcome = 'success')                               AS choices_succeeded,
           count(*) FILTER (WHERE outcome = 'failure')                               AS choices_failed,
           avg(confidence_score)                                                     AS avg_confidence,
           max(created_at)                                                           AS last_selected_at
    FROM agent_routing_decisions
    WHERE created_at >= %(since)s AND created_at < %(until)s
      AND (%(project)s::text IS NULL OR project = %(project)s) AND (%(user)s::text IS NULL OR user_id = %(user)s)
      AND (%(agent)s::text IS NULL OR agent_selected = %(agent)s)
    GROUP BY agent_selected
)
SELECT coalesce(performance.agent, routed.agent)                                     AS agent,
       coalesce(runs, 0)                                                             AS runs,
       coalesce(succeeded, 0)                                                        AS succeeded,
       coalesce(failed, 0)                                                           AS failed,
       coalesce(cancelled, 0)                                                        AS cancelled,
       coalesce(running, 0)                                                          AS running,
       coalesce(succeeded + failed, 0)                                               AS rated,
       failed::double precision / nullif(succeeded + failed, 0)                      AS failure_rate,
       p50_ms, p95_ms, p99_ms, coalesce(timed, 0) AS timed, total_ms,
       coalesce(times_selected, 0)                                                   AS times_selected,
       coalesce(choices_succeeded, 0)                                                AS choices_succeeded,
       coalesce(choices_failed, 0)                                                   AS choices_failed,
       avg_confidence,
       greatest(last_used_at, last_selected_at)                                      AS last_used_at
FROM performance
FULL JOIN routed ON routed.agent = performance.agent
ORDER BY runs DESC, agent
