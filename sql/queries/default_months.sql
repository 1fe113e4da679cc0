-- default_months: the months (UTC) of the events in the DEFAULT partition, and how many there are of each.
SELECT date_trunc('month', started_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month, count(*) AS rows
FROM hook_executions_default
WHERE isfinite(started_at)
GROUP BY 1
ORDER BY 1
