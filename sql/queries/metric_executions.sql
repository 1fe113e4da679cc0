-- metric_executions: the executions that ended since a time, of this login alone or of all, by kind, name and status: how
-- many, and how long they took.
SELECT kind, CASE WHEN kind IN ('tool', 'agent', 'task') THEN coalesce(name, 'unknown') END AS name, status,
       count(*) AS executions, coalesce(sum(duration_ms), 0)::double precision / 1000 AS seconds,
       (percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms))::double precision / 1000 AS p95_seconds
FROM execution_traces
WHERE completed_at >= %(since)s AND started_at >= %(since)s::timestamptz - interval '7 days' AND status <> 'in_progress'
  AND (NOT %(own)s OR user_id = session_user)
GROUP BY 1, 2, 3
