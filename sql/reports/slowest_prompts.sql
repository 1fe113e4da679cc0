-- slowest_prompts: the prompts that took longest.
-- Subject: sessions and prompts
SELECT prompt.duration_ms, prompt.prompt_text AS prompt, prompt.started_at, prompt.status, prompt.project,
       prompt.session_id, prompt.correlation_id AS execution_id
FROM execution_traces AS prompt
WHERE prompt.kind = 'prompt' AND prompt.duration_ms IS NOT NULL
  AND prompt.started_at >= %(since)s AND prompt.started_at < %(until)s
ORDER BY prompt.duration_ms DESC, prompt.started_at DESC
LIMIT %(limit)s
