-- repositories: the repositories in which sessions of a period worked, the one worked in last first.
SELECT decided.context ->> 'repository' AS repository, max(session.started_at) AS last_started_at
FROM execution_traces AS session
JOIN hooktrace.sessions AS decided ON decided.session_id = session.session_id
WHERE session.kind = 'session' AND session.started_at >= %(since)s AND session.started_at < %(until)s
  AND (%(project)s::text IS NULL OR session.project = %(project)s) AND (%(user)s::text IS NULL OR session.user_id = %(user)s)
  AND decided.context ? 'repository'
GROUP BY 1
ORDER BY last_started_at DESC
LIMIT %(limit)s
