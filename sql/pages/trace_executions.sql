-- trace_executions: every execution of a root in the order in which they began, with as much text as a line holds.
-- Times are Unix seconds and few columns are JSON: thousands of rows are read at once, and most of them only counted.
SELECT correlation_id, parent_id, parent_certain, session_id, kind, name, status, duration_ms, error_type,
       extract(epoch FROM started_at)::double precision                                     AS began,
       extract(epoch FROM completed_at)::double precision                                   AS ended,
       left(error_message, 300)                                                             AS error_message,
       left(prompt_text, 300)                                                               AS prompt_text,
       project,
       (context #>> '{time,permission_ms}')::double precision                               AS permission_ms,
       (context #>> '{time,execution_ms}')::double precision                                AS execution_ms,
       context ->> 'told_by'                                                                AS told_by,
       context ->> 'prompted_by'                                                            AS prompted_by,
       kind = 'session' AND last_started_at > started_at                                    AS resumed,
       kind = 'session' AND context ->> 'start' = 'fork'                                    AS forked,
       CASE WHEN kind = 'prompt' THEN
           (SELECT outcome.verdict FROM hooktrace.outcomes AS outcome
            WHERE outcome.root_id = execution.root_id AND outcome.correlation_id = execution.correlation_id) END AS verdict,
       CASE WHEN kind = 'session' THEN
           (SELECT decided.context ->> 'capture' FROM hooktrace.sessions AS decided
            WHERE decided.session_id = execution.session_id) END                            AS capture,
       CASE WHEN kind = 'session' THEN
           (SELECT CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END
            FROM hooktrace.accounts AS run WHERE run.session_id = execution.session_id) END AS account_usd
FROM execution_traces AS execution
WHERE root_id = %(root_id)s
ORDER BY started_at, kind, correlation_id
