-- open_sessions: a row if any session or task that was active within the last day is open.
SELECT 1 AS open
FROM execution_traces
WHERE kind IN ('session', 'task') AND status = 'in_progress' AND updated_at > now() - interval '1 day'
LIMIT 1
