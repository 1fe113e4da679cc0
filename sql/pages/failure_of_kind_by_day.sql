-- failure_of_kind_by_day: how often one kind of failure occurred on each day, and how often it was cured, the oldest day first.
-- Of the prompts that are still there; what was learned of others is in the counters alone.
SELECT (prompt.started_at AT TIME ZONE %(zone)s::text)::date AS day,
       sum((seen.value ->> 'count')::bigint)::bigint             AS occurrences,
       sum((seen.value ->> 'resolved')::bigint)::bigint          AS cured
FROM hooktrace.outcomes AS outcome
CROSS JOIN LATERAL (SELECT outcome.learned #> ARRAY['errors', %(fingerprint)s::text] AS value) AS seen
JOIN execution_traces AS prompt ON prompt.root_id = outcome.root_id AND prompt.correlation_id = outcome.correlation_id
WHERE outcome.user_id = %(user)s AND outcome.learned -> 'errors' ? %(fingerprint)s::text
GROUP BY day
ORDER BY day
