-- failures_by_day: how many tool calls of each day of a period there were, and how many of them did not succeed, in which way; the oldest day first.
SELECT (call.started_at AT TIME ZONE %(zone)s::text)::date                       AS day,
       count(*)                                                                  AS calls,
       count(*) FILTER (WHERE NOT call.success)                                  AS unsuccessful,
       count(*) FILTER (WHERE call.status IN ('failed', 'timeout'))              AS failed,
       count(*) FILTER (WHERE call.status = 'denied')                            AS denied,
       count(*) FILTER (WHERE call.status = 'cancelled')                         AS cancelled,
       count(*) FILTER (WHERE call.status IN ('completed', 'failed', 'timeout')) AS rated
FROM execution_traces AS call
WHERE call.kind = 'tool' AND call.started_at >= %(since)s AND call.started_at < %(until)s
  AND (%(project)s::text IS NULL OR call.project = %(project)s) AND (%(user)s::text IS NULL OR call.user_id = %(user)s)
  AND (%(tool)s::text IS NULL OR call.name = %(tool)s)
GROUP BY day
ORDER BY day
