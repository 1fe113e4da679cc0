-- running: what is in progress, the newest first.
-- Subject: overview
SELECT execution.started_at,
       (extract(epoch FROM now() - execution.started_at) * 1000)::bigint AS so_far_ms,
       execution.kind, execution.name, execution.prompt_text AS prompt, execution.project,
       execution.session_id, execution.correlation_id AS execution_id
FROM execution_traces AS execution
WHERE execution.status = 'in_progress' AND execution.started_at >= %(since)s AND execution.started_at < %(until)s
ORDER BY execution.started_at DESC
LIMIT %(limit)s
