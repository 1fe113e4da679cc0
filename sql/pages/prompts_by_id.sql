-- prompts_by_id: some prompts by their ids, as far as they are still there, the newest first.
SELECT prompt.correlation_id AS execution_id, prompt.started_at, prompt.status, prompt.duration_ms, prompt.project,
       left(prompt.prompt_text, 500) AS prompt, prompt.session_id
FROM execution_traces AS prompt
WHERE prompt.correlation_id = ANY (%(ids)s::uuid[]) AND prompt.kind = 'prompt'
ORDER BY prompt.started_at DESC, prompt.correlation_id DESC
