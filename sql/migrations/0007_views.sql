-- Five views for reading.  In all of them a trace is a prompt, with what is beneath it counted;
-- trace_id is the correlation_id of an execution.  What is not known is NULL, never a guess, and
-- a rate stands beside the number of cases that it is made of.
--
-- security_invoker: a view shows its reader no row that the tables would not.

DROP VIEW IF EXISTS dashboard_summary, error_analysis, agent_performance, trace_summary, pattern_effectiveness;


CREATE VIEW trace_summary WITH (security_invoker = true) AS
SELECT trace.correlation_id AS trace_id,
       trace.correlation_id,
       trace.root_id,
       trace.parent_id,
       trace.session_id,
       trace.user_id,
       trace.source,
       trace.project,
       trace.prompt_text,
       trace.started_at,
       trace.completed_at,
       trace.duration_ms,
       trace.status,
       trace.success,
       trace.error_type,
       trace.error_message,
       trace.tags,
       routed.agent_selected,
       routed.confidence_score AS routing_confidence,
       beneath.hook_count,
       beneath.tool_count,
       beneath.failed_tool_count,
       beneath.agent_count,
       beneath.endpoint_count,
       beneath.input_tokens,
       beneath.output_tokens,
       beneath.cost_usd
FROM execution_traces AS trace
CROSS JOIN LATERAL (
    WITH RECURSIVE branch AS (
        SELECT trace.correlation_id AS id, 'prompt'::text AS kind, trace.success
        UNION  -- not ALL: a loop of parents, which no agent makes, would have no end
        SELECT child.correlation_id, child.kind, child.success
        FROM branch
        JOIN execution_traces AS child ON child.root_id = trace.root_id AND child.parent_id = branch.id
    )
    SELECT count(*) FILTER (WHERE branch.kind = 'tool')                        AS tool_count,
           count(*) FILTER (WHERE branch.kind = 'tool' AND NOT branch.success) AS failed_tool_count,
           count(*) FILTER (WHERE branch.kind = 'agent')                       AS agent_count,
           coalesce(sum(hooks.total), 0)::bigint                               AS hook_count,
           coalesce(sum(calls.total), 0)::bigint                               AS endpoint_count,
           sum(calls.input_tokens)::bigint                                     AS input_tokens,
           sum(calls.output_tokens)::bigint                                    AS output_tokens,
           sum(calls.cost_usd)                                                 AS cost_usd
    FROM branch
    CROSS JOIN LATERAL (
        SELECT count(*) AS total
        FROM hook_executions AS event
        WHERE event.root_id = trace.root_id AND event.trace_id = branch.id
    ) AS hooks
    CROSS JOIN LATERAL (
        SELECT count(*) AS total, sum(call.input_tokens) AS input_tokens, sum(call.output_tokens) AS output_tokens,
               sum(call.cost_usd) AS cost_usd
        FROM endpoint_calls AS call
        WHERE call.root_id = trace.root_id AND call.trace_id = branch.id
    ) AS calls
) AS beneath
LEFT JOIN LATERAL (
    SELECT decision.agent_selected, decision.confidence_score
    FROM agent_routing_decisions AS decision
    WHERE decision.root_id = trace.root_id AND decision.trace_id = trace.correlation_id
    ORDER BY decision.created_at, decision.id
    LIMIT 1
) AS routed ON true
WHERE trace.kind = 'prompt';

COMMENT ON VIEW trace_summary IS
    'One row per prompt: what was asked, how it went, and how many events, tool calls, subagents and outside calls are beneath it. Order by started_at DESC and LIMIT: counting is done for the rows you take.';
COMMENT ON COLUMN trace_summary.trace_id           IS 'correlation_id of the prompt, under the name that the other tables give it.';
COMMENT ON COLUMN trace_summary.agent_selected     IS 'The first agent, skill or command that was chosen for it; NULL without a choice.';
COMMENT ON COLUMN trace_summary.hook_count         IS 'Hook events of the prompt and everything beneath it.';
COMMENT ON COLUMN trace_summary.failed_tool_count  IS 'Tool calls that failed, were denied, cancelled, or ran out of time.';
COMMENT ON COLUMN trace_summary.endpoint_count     IS 'Calls to something outside: MCP tools, the web, model requests.';
COMMENT ON COLUMN trace_summary.input_tokens       IS 'Tokens of all model requests beneath it; NULL where none was recorded.';
COMMENT ON COLUMN trace_summary.cost_usd           IS 'US dollars of all model requests beneath it whose price is known; NULL without one.';


CREATE VIEW agent_performance WITH (security_invoker = true) AS
WITH runs AS (
    SELECT CASE WHEN kind = 'prompt' THEN 'main' ELSE coalesce(name, 'unknown') END AS agent_name,
           status, started_at, duration_ms
    FROM execution_traces
    WHERE kind IN ('prompt', 'agent')
), performance AS (
    SELECT agent_name,
           count(*)                                                            AS total_executions,
           count(*) FILTER (WHERE status = 'completed')                        AS successful_executions,
           count(*) FILTER (WHERE status IN ('failed', 'timeout'))             AS failed_executions,
           count(*) FILTER (WHERE status IN ('cancelled', 'denied'))           AS cancelled_executions,
           count(*) FILTER (WHERE status = 'in_progress')                      AS running_executions,
           avg(duration_ms)::double precision                                  AS avg_duration_ms,
           percentile_cont(0.5)  WITHIN GROUP (ORDER BY duration_ms)           AS median_duration_ms,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms)           AS p95_duration_ms,
           count(duration_ms)                                                  AS timed_executions,
           max(started_at)                                                     AS last_used_at
    FROM runs
    GROUP BY agent_name
), routed AS (
    SELECT agent_selected AS agent_name, count(*) AS times_selected, avg(confidence_score) AS avg_routing_confidence,
           max(created_at) AS last_selected_at
    FROM agent_routing_decisions
    GROUP BY agent_selected
), patterns AS (
    SELECT agent_name, count(*) AS patterns_used
    FROM success_patterns
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(agent_sequence) AS agent_name) AS member
    WHERE usage_count > 0
    GROUP BY agent_name
)
SELECT coalesce(performance.agent_name, routed.agent_name)                     AS agent_name,
       coalesce(total_executions, 0)                                           AS total_executions,
       coalesce(successful_executions, 0)                                      AS successful_executions,
       coalesce(failed_executions, 0)                                          AS failed_executions,
       coalesce(cancelled_executions, 0)                                       AS cancelled_executions,
       coalesce(running_executions, 0)                                         AS running_executions,
       100.0::double precision * successful_executions
           / nullif(successful_executions + failed_executions, 0)              AS success_rate_pct,
       coalesce(successful_executions + failed_executions, 0)                  AS rated_executions,
       avg_duration_ms,
       median_duration_ms,
       p95_duration_ms,
       coalesce(timed_executions, 0)                                           AS timed_executions,
       coalesce(times_selected, 0)                                             AS times_selected,
       avg_routing_confidence,
       coalesce(patterns_used, 0)                                              AS patterns_used,
       greatest(last_used_at, last_selected_at)                                AS last_used_at
FROM performance
FULL JOIN routed   ON routed.agent_name = performance.agent_name
LEFT JOIN patterns ON patterns.agent_name = coalesce(performance.agent_name, routed.agent_name);

COMMENT ON VIEW agent_performance IS
    'One row per agent: runs, outcomes, durations. `main` is the main thread, whose runs are the prompts.';
COMMENT ON COLUMN agent_performance.success_rate_pct       IS 'Percent of rated_executions (completed or failed) that completed; NULL without one.';
COMMENT ON COLUMN agent_performance.rated_executions       IS 'The size of the sample behind success_rate_pct.';
COMMENT ON COLUMN agent_performance.timed_executions       IS 'The size of the sample behind the durations.';
COMMENT ON COLUMN agent_performance.avg_routing_confidence IS 'Mean confidence of the choices of this agent that state one.';
COMMENT ON COLUMN agent_performance.patterns_used          IS 'Patterns in use in which the agent takes part.';


CREATE VIEW error_analysis WITH (security_invoker = true) AS
WITH failures AS MATERIALIZED (  -- else a LIMIT lets the planner begin with all calls, sorted, instead of the few that failed
    SELECT coalesce(failure.error_type, failure.status)                              AS error_type,
           failure.name                                                              AS tool_name,
           count(*)                                                                  AS recorded,
           max(coalesce(failure.completed_at, failure.started_at))                   AS last_occurrence_at,
           min(failure.started_at)                                                   AS first_occurrence_at,
           count(*) FILTER (WHERE failure.started_at >= now() - interval '24 hours') AS occurrences_24h,
           count(*) FILTER (WHERE failure.started_at >= now() - interval '7 days')   AS occurrences_7d,
           array_agg(DISTINCT CASE WHEN above.kind = 'agent' THEN coalesce(above.name, 'unknown') ELSE 'main' END) AS affected_agents,
           (array_agg(failure.error_message ORDER BY failure.started_at DESC)
               FILTER (WHERE failure.error_message IS NOT NULL))[1]                  AS last_message
    FROM execution_traces AS failure
    LEFT JOIN execution_traces AS above
           ON above.root_id = failure.root_id AND above.correlation_id = failure.parent_id
    WHERE NOT failure.success AND failure.kind = 'tool'
    GROUP BY 1, 2
), learned AS (
    SELECT error_type, tool_name,
           sum(occurrence_count)::bigint                                             AS occurrences,
           count(*)                                                                  AS kinds,
           sum(resolution_count)::bigint                                             AS resolved,
           min(first_seen_at)                                                        AS first_seen_at,
           max(last_seen_at)                                                         AS last_seen_at,
           (array_agg(error_category ORDER BY occurrence_count DESC) FILTER (WHERE error_category IS NOT NULL))[1] AS category,
           (array_agg(severity ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], severity))
               FILTER (WHERE severity IS NOT NULL))[1]                               AS severity,
           (array_agg(resolution_pattern ORDER BY resolution_count DESC)
               FILTER (WHERE resolution_pattern IS NOT NULL))[1]                     AS resolution_pattern
    FROM error_patterns
    GROUP BY error_type, tool_name
)
SELECT coalesce(failures.error_type, learned.error_type)                             AS error_type,
       coalesce(failures.tool_name, learned.tool_name)                               AS tool_name,
       learned.category                                                              AS error_category,
       learned.severity,
       greatest(failures.recorded, learned.occurrences)                              AS error_count,
       coalesce(failures.occurrences_24h, 0)                                         AS occurrences_24h,
       coalesce(failures.occurrences_7d, 0)                                          AS occurrences_7d,
       least(failures.first_occurrence_at, learned.first_seen_at)                    AS first_occurrence_at,
       greatest(failures.last_occurrence_at, learned.last_seen_at)                   AS last_occurrence_at,
       coalesce(failures.affected_agents, '{}')                                      AS affected_agents,
       failures.last_message,
       coalesce(learned.kinds, 0)                                                    AS known_kinds,
       learned.resolution_pattern,
       learned.resolved::double precision / nullif(learned.occurrences, 0)           AS resolution_rate,
       coalesce(learned.resolved, 0)                                                 AS resolution_count
FROM failures
FULL JOIN learned ON learned.error_type = failures.error_type
                 AND coalesce(learned.tool_name, '') = coalesce(failures.tool_name, '');

COMMENT ON VIEW error_analysis IS
    'One row per error type and tool: how often it fails so, when last, in which agents, and what cured it. Recorded failures and learned ones together: the traces may be gone.';
COMMENT ON COLUMN error_analysis.error_count        IS 'As often as is known: recorded failures still there, or occurrences learned, whichever is more.';
COMMENT ON COLUMN error_analysis.known_kinds        IS 'Rows of error_patterns behind this one.';
COMMENT ON COLUMN error_analysis.last_message       IS 'The message of the newest failure still recorded, redacted.';
COMMENT ON COLUMN error_analysis.resolution_pattern IS 'What most often stood between such a failure and the next success.';
COMMENT ON COLUMN error_analysis.resolution_rate    IS 'Share of the learned occurrences that were followed by a success; NULL where nothing was learned.';


CREATE VIEW pattern_effectiveness WITH (security_invoker = true) AS
SELECT pattern.id                                    AS pattern_id,
       pattern.pattern_hash,
       pattern.user_id,
       pattern.intent,
       pattern.keywords,
       pattern.agent_sequence,
       pattern.tool_sequence,
       pattern.prompt_text,
       pattern.usage_count                           AS total_usage_count,
       pattern.success_count,
       pattern.failure_count,
       pattern.success_count + pattern.failure_count AS rated_uses,
       pattern.success_rate,
       pattern.confidence_score,
       pattern.avg_duration_ms,
       usage.times_offered,
       usage.times_followed,
       usage.avg_match_score,
       pattern.last_used_at
FROM success_patterns AS pattern
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE (log.metadata ->> 'offered')::boolean)                                             AS times_offered,
           count(*) FILTER (WHERE (log.metadata ->> 'offered')::boolean AND (log.metadata ->> 'followed')::boolean) AS times_followed,
           avg(log.match_score)                                                                                     AS avg_match_score
    FROM pattern_usage_log AS log
    WHERE log.pattern_id = pattern.id
) AS usage;

COMMENT ON VIEW pattern_effectiveness IS
    'One row per pattern: how often it was used, how often that went well, and how often the advice was taken. Order by confidence_score DESC NULLS LAST.';
COMMENT ON COLUMN pattern_effectiveness.rated_uses       IS 'The size of the sample behind success_rate.';
COMMENT ON COLUMN pattern_effectiveness.confidence_score IS 'Lower end of the 95 % interval of success_rate: ranks 99 of 100 above 1 of 1.';
COMMENT ON COLUMN pattern_effectiveness.times_offered    IS 'Times it was said as advice, not withheld by chance, in the log''s retention; times_followed of them it was followed.';


CREATE VIEW dashboard_summary WITH (security_invoker = true) AS
SELECT traces.*, patterns.*, agents.*, errors.*, sessions.*
FROM (
    SELECT count(*)                                                           AS total_traces,
           count(*) FILTER (WHERE status <> 'in_progress')                    AS completed_traces,
           count(*) FILTER (WHERE success)                                    AS successful_traces,
           count(*) FILTER (WHERE status = 'in_progress')                     AS running_traces,
           100.0::double precision * count(*) FILTER (WHERE success)
               / nullif(count(*) FILTER (WHERE status <> 'in_progress'), 0)   AS overall_success_rate,
           percentile_cont(0.5)  WITHIN GROUP (ORDER BY duration_ms)          AS median_duration_ms,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms)          AS p95_duration_ms,
           max(started_at)                                                    AS last_trace_at
    FROM execution_traces
    WHERE kind = 'prompt'
) AS traces
CROSS JOIN (
    SELECT count(*)                                         AS total_patterns,
           count(*) FILTER (WHERE confidence_score >= 0.7)  AS high_quality_patterns,
           avg(success_rate)                                AS avg_pattern_success_rate,
           count(success_rate)                              AS rated_patterns
    FROM success_patterns
) AS patterns
CROSS JOIN (
    SELECT count(DISTINCT name) FILTER (WHERE started_at >= now() - interval '7 days') AS active_agents,
           mode() WITHIN GROUP (ORDER BY name)                                         AS most_used_agent
    FROM execution_traces
    WHERE kind = 'agent'
) AS agents
CROSS JOIN (
    SELECT count(*) FILTER (WHERE started_at >= now() - interval '24 hours') AS errors_24h,
           count(DISTINCT coalesce(error_type, status))                      AS unique_error_types
    FROM execution_traces
    WHERE NOT success AND kind = 'tool'
) AS errors
CROSS JOIN (
    SELECT count(*)                                        AS total_sessions,
           count(*) FILTER (WHERE status = 'in_progress')  AS open_sessions
    FROM execution_traces AS session
    WHERE kind = 'session'
      AND (start_observed OR (  -- not EXISTS, for which the planner might read everything beforehand
            SELECT true FROM execution_traces AS inside
            WHERE inside.root_id = session.root_id AND inside.session_id = session.session_id AND inside.kind <> 'session'
            LIMIT 1))
) AS sessions;

COMMENT ON VIEW dashboard_summary IS
    'One row: the state of everything recorded. On an empty database counts are 0 and all else is NULL.';
COMMENT ON COLUMN dashboard_summary.total_traces             IS 'Prompts.';
COMMENT ON COLUMN dashboard_summary.completed_traces         IS 'Prompts that ended, however.';
COMMENT ON COLUMN dashboard_summary.successful_traces        IS 'Prompts that were answered.';
COMMENT ON COLUMN dashboard_summary.overall_success_rate     IS 'Percent of completed_traces that were successful; NULL without one.';
COMMENT ON COLUMN dashboard_summary.high_quality_patterns    IS 'Patterns with a confidence_score of 0.7 or more.';
COMMENT ON COLUMN dashboard_summary.avg_pattern_success_rate IS 'Mean over rated_patterns, those with a use of known outcome.';
COMMENT ON COLUMN dashboard_summary.total_sessions           IS 'Sessions, but for those of which nothing but the end is known: the client''s management commands fire a lone SessionEnd.';
COMMENT ON COLUMN dashboard_summary.active_agents            IS 'Kinds of subagents that ran within 7 days.';
COMMENT ON COLUMN dashboard_summary.errors_24h               IS 'Tool calls within 24 hours that failed, were denied, cancelled, or ran out of time.';
