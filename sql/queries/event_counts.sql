-- event_counts: how many events are stored, and when the last one fired.
SELECT count(*) AS stored, max(started_at) AS last_event_at FROM hook_executions
