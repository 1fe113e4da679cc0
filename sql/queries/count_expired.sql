-- count_expired: what purge_traces would remove once some partitions have been dropped, and which sessions nothing is left of then.
WITH gone AS MATERIALIZED (
    SELECT root_id, correlation_id FROM hooktrace.expired_executions(%(before)s)
)
SELECT (SELECT count(*) FROM gone) AS execution_traces,
       (SELECT count(*) FROM gone
        JOIN hook_executions AS event ON event.root_id = gone.root_id AND event.trace_id = gone.correlation_id
        WHERE event.started_at < %(before)s::timestamptz + interval '1 day'
          AND event.tableoid <> ALL (SELECT quote_ident(name)::regclass FROM unnest(%(dropped)s::text[]) AS name)) AS hook_executions,
       (SELECT count(*) FROM gone
        JOIN agent_routing_decisions AS decision
          ON decision.root_id = gone.root_id AND decision.trace_id = gone.correlation_id) AS agent_routing_decisions,
       (SELECT count(*) FROM gone
        JOIN endpoint_calls AS call ON call.root_id = gone.root_id AND call.trace_id = gone.correlation_id) AS endpoint_calls,
       (SELECT count(*) FROM hooktrace.sessions AS session
        WHERE created_at < %(forget)s AND NOT EXISTS (
            SELECT FROM execution_traces AS left_over
            WHERE left_over.root_id = session.root_id AND NOT EXISTS (
                SELECT FROM gone
                WHERE gone.root_id = left_over.root_id AND gone.correlation_id = left_over.correlation_id))) AS sessions
