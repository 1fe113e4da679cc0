-- compare_outcomes: how prompts went since a time, by one property of theirs: outcomes, time, failed calls and cost, with what an interval needs.
WITH told AS (
    SELECT CASE %(by)s::text WHEN 'project' THEN prompt.project
                       WHEN 'client' THEN session.context ->> 'version'
                       WHEN 'instructions' THEN decided.context ->> 'instructions'
                       ELSE coalesce(spent.model, session.context ->> 'model') END AS value,
           outcome.verdict, outcome.score, prompt.duration_ms, spent.cost_usd, coalesce(work.failed, 0) AS failed, prompt.started_at
    FROM hooktrace.outcomes AS outcome
    JOIN execution_traces AS prompt
      ON prompt.root_id = outcome.root_id AND prompt.correlation_id = outcome.correlation_id
    LEFT JOIN hooktrace.sessions AS decided ON decided.session_id = prompt.session_id
    LEFT JOIN LATERAL (
        SELECT known.context FROM execution_traces AS known
        WHERE known.session_id = prompt.session_id AND known.root_id = prompt.root_id AND known.kind = 'session' LIMIT 1
    ) AS session ON true
    LEFT JOIN LATERAL (
        WITH RECURSIVE beneath AS (  -- what its subagents asked for, it spent
            SELECT prompt.root_id, prompt.correlation_id
            UNION
            SELECT child.root_id, child.correlation_id
            FROM beneath
            JOIN execution_traces AS child
              ON child.root_id = beneath.root_id AND child.parent_id = beneath.correlation_id AND child.kind IN ('tool', 'agent')
        )
        SELECT mode() WITHIN GROUP (ORDER BY request.model) FILTER (WHERE request.trace_id = prompt.correlation_id) AS model,
               sum(request.cost_usd) AS cost_usd
        FROM beneath
        JOIN endpoint_calls AS request ON request.root_id = beneath.root_id AND request.trace_id = beneath.correlation_id
        WHERE request.model IS NOT NULL
    ) AS spent ON true
    LEFT JOIN LATERAL (
        SELECT sum((each.value ->> 'count')::bigint) AS failed FROM jsonb_each(outcome.learned -> 'errors') AS each
    ) AS work ON true
    WHERE outcome.learned_at IS NOT NULL AND prompt.started_at >= %(since)s
)
SELECT value, count(*) AS prompts, count(*) FILTER (WHERE verdict = 'success') AS successes,
       count(*) FILTER (WHERE verdict = 'failure') AS failures,
       count(duration_ms) AS timed, avg(duration_ms)::double precision AS mean_duration_ms,
       stddev_samp(duration_ms)::double precision AS sd_duration_ms,
       count(cost_usd) AS priced, avg(cost_usd)::double precision AS mean_cost_usd, stddev_samp(cost_usd)::double precision AS sd_cost_usd,
       avg(failed)::double precision AS mean_failed_calls, stddev_samp(failed)::double precision AS sd_failed_calls,
       min(started_at) AS first_at, max(started_at) AS last_at
FROM told
GROUP BY value
ORDER BY min(started_at), value
