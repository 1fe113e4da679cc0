-- metric_events: the events that fired since a time, of this login alone or of all, by name: how many, and how late they
-- were stored on average.
SELECT hook_type AS event, count(*) AS events,
       avg(extract(epoch FROM created_at - started_at))::double precision AS mean_delay_seconds
FROM hook_executions
WHERE started_at >= %(since)s
  AND (NOT %(own)s OR user_id = session_user)
GROUP BY 1
