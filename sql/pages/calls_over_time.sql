-- calls_over_time: how many tool calls began in each step of a time, and what became of them.
SELECT step.at, step.at + %(step)s::interval AS until,
       coalesce(made.calls, 0) AS calls, coalesce(made.failed, 0) AS failed, coalesce(made.running, 0) AS running
FROM generate_series(%(first)s::timestamptz, %(now)s::timestamptz, %(step)s::interval) AS step (at)
LEFT JOIN (
    SELECT date_bin(%(step)s::interval, call.started_at, %(first)s::timestamptz) AS at, count(*) AS calls,
           count(*) FILTER (WHERE NOT call.success) AS failed, count(*) FILTER (WHERE call.success IS NULL) AS running
    FROM execution_traces AS call
    WHERE call.kind = 'tool' AND call.started_at >= %(first)s AND call.started_at <= %(now)s
    GROUP BY 1
) AS made USING (at)
ORDER BY step.at
