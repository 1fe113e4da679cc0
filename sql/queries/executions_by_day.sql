-- executions_by_day: how many executions began on each day (UTC) in a period, oldest first.
SELECT (date_trunc('day', started_at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC' AS day_ends, count(*) AS rows
FROM execution_traces
WHERE started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND started_at < %(before)s
GROUP BY 1
ORDER BY 1
