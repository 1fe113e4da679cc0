-- calls_over_time: how many tool calls began in each step of a time, and what became of them; the steps begin at the
-- times that are given, the last of which only ends one.
SELECT step.at, step.until,
       coalesce(made.calls, 0) AS calls, coalesce(made.failed, 0) AS failed, coalesce(made.running, 0) AS running
FROM (
    SELECT number, at, lead(at) OVER (ORDER BY number) AS until
    FROM unnest(%(steps)s::timestamptz[]) WITH ORDINALITY AS given (at, number)
) AS step
LEFT JOIN (
    SELECT width_bucket(call.started_at, %(steps)s::timestamptz[]) AS number, count(*) AS calls,
           count(*) FILTER (WHERE NOT call.success) AS failed, count(*) FILTER (WHERE call.success IS NULL) AS running
    FROM execution_traces AS call
    WHERE call.kind = 'tool' AND call.started_at >= %(first)s AND call.started_at <= %(now)s
    GROUP BY 1
) AS made USING (number)
WHERE step.until IS NOT NULL
ORDER BY step.at
