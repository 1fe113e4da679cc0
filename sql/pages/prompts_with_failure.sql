-- prompts_with_failure: the newest prompts in which one kind of failure occurred and was cured, or was not, with what cured it.
SELECT prompt.correlation_id AS execution_id, prompt.started_at, prompt.project, left(prompt.prompt_text, 500) AS prompt,
       prompt.status, prompt.session_id, (seen.value ->> 'count')::bigint AS occurrences,
       (seen.value ->> 'resolved')::bigint AS cured, seen.value -> 'cures' AS cures, (seen.value #>> '{samples,0}') AS call_id
FROM hooktrace.outcomes AS outcome
CROSS JOIN LATERAL (SELECT outcome.learned #> ARRAY['errors', %(fingerprint)s::text] AS value) AS seen
JOIN execution_traces AS prompt ON prompt.root_id = outcome.root_id AND prompt.correlation_id = outcome.correlation_id
WHERE outcome.user_id = %(user)s AND outcome.learned -> 'errors' ? %(fingerprint)s::text
  AND ((seen.value ->> 'resolved')::bigint > 0) = %(cured)s
ORDER BY prompt.started_at DESC, prompt.correlation_id DESC
LIMIT %(limit)s
